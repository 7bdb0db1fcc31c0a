"""What a document says, and what it says in the other side's words.

`view` maps and projects, `links` leads links to the other side's items, `carrying` carries an edit
over, and `merging` merges both sides' edits: `fields` does so for everything but the body, which is
`syncline.body`'s. Nothing here asks a store.
"""
