module muniment

go 1.26
