"""What stands between the network and the app: bounds, headers, previews of links, logs and figures for operators."""
