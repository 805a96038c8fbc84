"""The lists of customer care that a group keeps itself."""

from django.utils.translation import gettext_lazy as _

from apps.care.rules.complaints import (
    COMPLAINT_CHANNELS,
    COMPLAINT_KINDS,
    ComplaintChannel,
    ComplaintKind,
)
from forecourt.kernel.option_lists import Option, OptionList, register

register(
    OptionList(
        COMPLAINT_KINDS,
        _("Kinds of complaints"),
        help=_("What customers complain about; figures are told apart by it."),
        used_by=("care.Complaint.kind",),
        values=(
            Option(ComplaintKind.SALES_SERVICE, "销售服务", "Sales service"),
            Option(ComplaintKind.DELIVERY, "交车延期或交付问题", "Delivery"),
            Option(ComplaintKind.CONTRACT, "合同与价格", "Contract and price"),
            Option(ComplaintKind.VEHICLE_QUALITY, "车辆质量", "Quality of the car"),
            Option(ComplaintKind.REPAIR_QUALITY, "维修质量", "Quality of repair"),
            Option(ComplaintKind.REPAIR_PRICE, "维修费用", "Price of repair"),
            Option(ComplaintKind.PARTS, "配件供应", "Parts"),
            Option(ComplaintKind.ATTITUDE, "服务态度", "Manners"),
            Option(ComplaintKind.OTHER, "其他", "Other", fixed=True),
        ),
    ),
    OptionList(
        COMPLAINT_CHANNELS,
        _("Channels of complaints"),
        help=_("How the group heard of a complaint."),
        used_by=("care.Complaint.channel",),
        values=(
            Option(ComplaintChannel.PHONE, "来电", "Phone call", fixed=True),
            Option(ComplaintChannel.IN_PERSON, "到店", "In person"),
            Option(ComplaintChannel.WECHAT, "微信", "WeChat"),
            Option(ComplaintChannel.MANUFACTURER, "厂家转办", "From the manufacturer"),
            Option(ComplaintChannel.HOTLINE_12315, "12315 转办", "12315 hotline"),
            Option(ComplaintChannel.ONLINE, "网络平台", "Online platform"),
            Option(ComplaintChannel.OTHER, "其他", "Other", fixed=True),
        ),
    ),
)
