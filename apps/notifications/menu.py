from forecourt.ui.shell import fill_slot

fill_slot("notifications", "notifications/_bell.html")
