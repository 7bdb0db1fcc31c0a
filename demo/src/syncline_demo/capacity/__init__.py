"""`syncline demo config`: a contact centre and its machines follow each other."""
