"""The cache over HTTP: assets, the early service's endpoints, and a page. It computes nothing and asks nobody."""
