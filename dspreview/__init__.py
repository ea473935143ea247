"""See what is inside a dataset, on the Hub or in a local folder, without loading it whole."""

DISTRIBUTION = "dspreview-cli"
"""What pip calls it: on the package index `dspreview` is another project."""
