// Package story plays stories: what people, dependencies and the post do to the
// shop, and who says what in consequence, as text.
//
// A story is a file of blocks with empty lines between them. A block is
// comments, commands, a line of dashes, and the transcript of what they led to:
//
//	# The customer cancels while the bank is still thinking.
//
//	hold OrderConfirmed o1 to shipping
//	cancel o1
//	settle
//	----
//	order      said OrderCancellationRequested o1 customer
//	inventory  heard OrderCancellationRequested o1, said StockReleased o1 TEAPOT=2
//
// It is played on a stepped onebox.Box, so that the same story always has the
// same transcript. What is printed is read from the services' logs and from what
// the bus delivers, never from what somebody meant to happen. In the end the
// logs are held against the declared choreography (package dance), and the books
// of all against each other (package verify).
//
// # Commands
//
//	item SKU PRICE CURRENCY [stock N]     lists an item, and settles
//	price SKU PRICE CURRENCY              changes a price
//	receive SKU N                         more pieces come in
//	place ORDER SKU=N... [token=T] [street=S]  by a customer of that order's own
//	again ORDER                           the last place of that order, sent again
//	cancel ORDER                          by the customer, a new request each time
//	refund ORDER AMOUNT                   by staff
//	track ORDER shipped|delivered|lost    what the carrier tells staff
//	settle                                all do what there is to do, one by one
//	advance DURATION                      moves the clock, and nothing else
//	pass DURATION                         moves it from one due time to the next, settling
//	hold FACT ORDER to SERVICE            keeps a fact back on its way, from now on
//	release                               lets go what is held, and holds no more
//	duplicate                             every fact comes twice from now on
//	late | reverse                        a fact comes only when nobody has anything
//	                                      else to do, the oldest first or the newest
//	switch PART MODE                      provider, swift, steady or smtp: ok, down ...
//	show ORDER                            what the services answer about it
//	books                                 compares all with the world's own books
//
// In values an underscore stands for a space.
package story
