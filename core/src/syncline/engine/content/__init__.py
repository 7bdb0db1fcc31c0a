"""What a document says, and what it says in the other side's words.

Entered through `view`: mapping, projection, links, and edits carried over or merged. `fields`
merges everything but the body, which is `syncline.body`'s. Nothing here asks a store.
"""
