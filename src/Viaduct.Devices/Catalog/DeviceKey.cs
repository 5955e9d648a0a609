namespace Viaduct.Devices.Catalog;

/// <summary>A key that a model understands, as in <c>--device NAME,key=value</c>.</summary>
/// <param name="Name">The key.</param>
/// <param name="Values">What may be written, in words or as a range: "10-20", "64-bit number".</param>
/// <param name="Default">The value where the key is missing.</param>
/// <param name="Help">What it does, in a sentence without its full stop.</param>
public sealed record DeviceKey(string Name, string Values, string Default, string Help);
