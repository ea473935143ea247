"""dspreview for Python: `dspreview.open`, and what it gives."""
