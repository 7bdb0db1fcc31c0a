"""A folder of Markdown or HTML files as a Syncline store."""
