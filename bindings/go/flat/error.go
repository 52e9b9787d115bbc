package flat

// Error is what a failed call returned, and what the library had to say, both read in that call.
type Error struct {
	Code int32
	Text string
}

func (e *Error) Error() string { return e.Text }

// takeError makes an error of what the native call returned, and frees that; 0 is none.
func takeError(address uintptr) error {
	if address == 0 {
		return nil
	}
	e := &Error{Code: ErrorCode(address), Text: bytesAt(ErrorText(address), ErrorTextSize(address))}
	ErrorFree(address)
	return e
}

// textAt copies a text that ends with a NUL; "" for no address.
func textAt(address uintptr) string {
	if address == 0 {
		return ""
	}
	return bytesAt(address, TextSize(address))
}

func bytesAt(address uintptr, size uint64) string {
	if size == 0 {
		return ""
	}
	text := make([]byte, size)
	ReadBytes(text, address, size)
	return string(text)
}
