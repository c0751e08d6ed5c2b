"""The borders of the kernel: what a storage, a search engine and a transport have to offer, and what a bus offers
them."""
