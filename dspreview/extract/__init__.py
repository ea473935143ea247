"""From a dataset to a page. Nothing here knows the store: settings, a split and a staging folder in, a page out."""
