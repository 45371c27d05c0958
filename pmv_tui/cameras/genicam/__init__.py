"""GenICam cameras of any maker: what their SDKs have in common, and a back end for each."""
