using Viaduct.Abi;

namespace Viaduct.Driver;

/// <summary>Makes a request whose argument is a structure with its tail, in and out.</summary>
internal delegate SysResult InfoRequest(uint request, Span<byte> argument);
