"""Reads of approvals: flows, requests, who is asked, who stands in for whom."""
