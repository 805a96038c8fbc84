"""The lists of CRM that a group keeps itself. Codes that the product chooses itself are fixed."""

from django.utils.translation import gettext_lazy as _

from apps.crm.rules.leads import INVALID_REASONS, LEAD_SOURCES, InvalidReason, LeadSource
from apps.crm.rules.opportunities import BETWEEN_KEPT, COMPETITORS, LOST_REASONS, LostReason
from apps.crm.rules.test_drives import TEST_DRIVE_ROUTES, TestDriveRoute
from apps.crm.rules.visits import VISIT_REASONS, VisitReason
from forecourt.kernel.option_lists import Option, OptionList, register

register(
    OptionList(
        LEAD_SOURCES,
        _("Lead sources"),
        help=_("Where enquiries and customers come from."),
        used_by=("crm.Lead.source", "crm.Customer.source", "crm.Interaction.source"),
        values=(
            Option(LeadSource.WEB, "官网表单", "Web form"),
            Option(LeadSource.PHONE, "来电", "Phone call"),
            Option(LeadSource.WALK_IN, "自然到店", "Walk-in", fixed=True),
            Option(LeadSource.AUTOHOME, "汽车之家", "Autohome"),
            Option(LeadSource.YICHE, "易车", "Yiche"),
            Option(LeadSource.DONGCHEDI, "懂车帝", "Dongchedi"),
            Option(LeadSource.MANUFACTURER, "厂家下发", "Manufacturer"),
            Option(LeadSource.REFERRAL, "转介绍", "Referral"),
            Option(LeadSource.CAMPAIGN, "营销活动", "Campaign"),
            Option(LeadSource.IMPORT, "导入", "Import", fixed=True),
            Option(LeadSource.API, "接口（API）", "Interface (API)", fixed=True),
            Option(LeadSource.OTHER, "其他", "Other", fixed=True),
        ),
    ),
    OptionList(
        INVALID_REASONS,
        _("Reasons why leads are invalid"),
        help=_("Asked for when a lead is closed because it leads nowhere."),
        used_by=("crm.Lead.invalid_reason",),
        values=(
            Option(InvalidReason.WRONG_NUMBER, "空号或错号", "Wrong or dead number"),
            Option(InvalidReason.NO_INTEREST, "无购车意向", "Never wanted a car"),
            Option(InvalidReason.DUPLICATE, "重复", "Duplicate"),
            Option(InvalidReason.OUT_OF_REACH, "距离太远", "Lives too far away"),
            Option(InvalidReason.ALREADY_BOUGHT, "已购车", "Has already bought"),
            Option(InvalidReason.TEST, "测试或广告", "Test or advertisement"),
            Option(InvalidReason.OTHER, "其他", "Other", fixed=True),
        ),
    ),
    OptionList(
        LOST_REASONS,
        _("Reasons why deals are lost"),
        help=_("Asked for when an opportunity is lost."),
        used_by=("crm.Opportunity.lost_reason",),
        values=(
            Option(LostReason.PRICE, "价格", "Price"),
            Option(LostReason.COMPETITOR_BRAND, "购买其他品牌", "Bought another brand"),
            Option(LostReason.COMPETITOR_STORE, "在其他经销商购买", "Bought at another dealer"),
            Option(LostReason.NO_STOCK, "无现车", "Car not available"),
            Option(LostReason.FINANCE, "贷款未批", "No loan"),
            Option(LostReason.TRADE_IN, "置换价格", "Trade-in price"),
            Option(LostReason.POSTPONED, "推迟购车", "Put off"),
            Option(LostReason.UNREACHABLE, "失联", "Can no longer be reached"),
            Option(LostReason.SERVICE, "对服务不满", "Dissatisfied with us"),
            Option(LostReason.OTHER, "其他", "Other", fixed=True),
        ),
    ),
    OptionList(
        COMPETITORS,
        _("Competitors"),
        help=_(
            "Proposed where it is asked what a customer compares with, or to whom a deal was lost; "
            "add the models that you meet most. Anything else may be typed."
        ),
        used_by=("crm.Opportunity.competitor",),
        holds_names=True,
        between=BETWEEN_KEPT,
        values=(
            Option("BYD", "比亚迪", "BYD"),
            Option("TESLA", "特斯拉", "Tesla"),
            Option("LI", "理想", "Li Auto"),
            Option("AITO", "问界", "AITO"),
            Option("NIO", "蔚来", "NIO"),
            Option("XPENG", "小鹏", "XPeng"),
            Option("LEAPMOTOR", "零跑", "Leapmotor"),
            Option("XIAOMI", "小米", "Xiaomi"),
            Option("GEELY", "吉利", "Geely"),
            Option("CHANGAN", "长安", "Changan"),
            Option("CHERY", "奇瑞", "Chery"),
            Option("HAVAL", "哈弗", "Haval"),
            Option("VOLKSWAGEN", "大众", "Volkswagen"),
            Option("TOYOTA", "丰田", "Toyota"),
            Option("HONDA", "本田", "Honda"),
            Option("NISSAN", "日产", "Nissan"),
            Option("BMW", "宝马", "BMW"),
            Option("MERCEDES", "奔驰", "Mercedes-Benz"),
            Option("AUDI", "奥迪", "Audi"),
            Option("TESLA_MODEL_Y", "特斯拉 Model Y", "Tesla Model Y"),
            Option("LI_L6", "理想 L6", "Li L6"),
            Option("AITO_M7", "问界 M7", "AITO M7"),
            Option("XPENG_G6", "小鹏 G6", "XPeng G6"),
            Option("TOYOTA_CAMRY", "丰田凯美瑞", "Toyota Camry"),
        ),
    ),
    OptionList(
        VISIT_REASONS,
        _("Reasons of visits"),
        help=_("Asked for at the reception desk. Whoever comes for one of your own wants a car."),
        used_by=("crm.Visit.reason",),
        values=(
            Option(VisitReason.LOOK, "看车", "Looks at cars"),
            Option(VisitReason.TEST_DRIVE, "试驾", "Test drive"),
            Option(VisitReason.NEGOTIATE, "洽谈", "Negotiates"),
            Option(VisitReason.PICK_UP, "提车", "Takes a car home", fixed=True),
            Option(VisitReason.SERVICE, "售后", "Service", fixed=True),
            Option(VisitReason.OTHER, "其他", "Other", fixed=True),
        ),
    ),
    OptionList(
        TEST_DRIVE_ROUTES,
        _("Test drive routes"),
        help=_("Offered where a test drive is booked."),
        used_by=("crm.TestDrive.route",),
        values=(
            Option(TestDriveRoute.MIXED, "综合路线", "Mixed", fixed=True),
            Option(TestDriveRoute.CITY, "市区路线", "City"),
            Option(TestDriveRoute.MOTORWAY, "高速路线", "Motorway"),
            Option(TestDriveRoute.OTHER, "其他", "Other", fixed=True),
        ),
    ),
)
