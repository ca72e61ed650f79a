"""Networks that enlarge pictures four times, and the discriminator they are trained against."""
