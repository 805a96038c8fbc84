"""Small good files of each kind, and the bad ones that look like them."""

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length 42>>stream\nBT /F1 12 Tf 20 50 Td (Test drive) Tj ET  \nendstream endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
