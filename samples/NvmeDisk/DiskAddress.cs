using Viaduct.Driver;

namespace NvmeDisk;

/// <summary>How a user says where the controller is.</summary>
internal static class DiskAddress
{
    /// <summary>Opens what the user named.</summary>
    /// <param name="name">What the user typed.</param>
    /// <param name="api">The kernel's interface, where it is the kernel's device.</param>
    /// <exception cref="FormatException">It cannot be understood.</exception>
    /// <exception cref="VfioException">It cannot be opened.</exception>
    internal static PciDevice Open(string name, VfioApi api) =>
        PciAddress.TryParse(name, out _)
            ? VfioDevice.Open(name, new VfioOpenOptions { Api = api })
            : throw new FormatException($"'{name}' is no device; one looks like 0000:01:00.0");
}
