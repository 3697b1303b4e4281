package app

// heapFloor is memory that is reserved and never touched, so that it costs
// addresses and no page. The collector counts it as in use and waits that much
// longer: a server lives on a few megabytes and makes garbage fast, and would be
// collected twenty times a second. What a server really uses is in
// bench/PERFORMANCE.md, "A million pending deliveries".
const heapFloor = 24 << 20

func reserveHeap() []byte { return make([]byte, heapFloor) }
