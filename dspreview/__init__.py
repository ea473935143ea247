"""See what is inside a dataset, on the Hub or in a local folder, without loading it whole."""
