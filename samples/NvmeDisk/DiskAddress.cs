using Viaduct.Driver;

namespace NvmeDisk;

/// <summary>How a user says where the controller is.</summary>
internal static class DiskAddress
{
    private const string Socket = "unix:";
    private const string Model = "model:";

    /// <summary>Opens what the user named.</summary>
    /// <param name="name">What the user typed: <c>0000:01:00.0</c>, <c>unix:/run/n0.sock</c> or
    /// <c>model:nvme,key=value</c>.</param>
    /// <param name="api">The kernel's interface, where it is the kernel's device.</param>
    /// <exception cref="FormatException">It cannot be understood.</exception>
    /// <exception cref="VfioException">It cannot be opened.</exception>
    internal static PciDevice Open(string name, VfioApi api)
    {
        if (name.StartsWith(Socket, StringComparison.Ordinal))
        {
            return VfioUserDevice.Open(name[Socket.Length..]);
        }

        if (name.StartsWith(Model, StringComparison.Ordinal))
        {
            var machine = ModelMachine.Create(name[Model.Length..]);
            return InProcessDevice.Open(machine.System, machine.Device);
        }

        return PciAddress.TryParse(name, out _)
            ? VfioDevice.Open(name, new VfioOpenOptions { Api = api })
            : throw new FormatException($"'{name}' is no device; one looks like 0000:01:00.0, {Socket}/run/n0.sock or {Model}nvme");
    }
}
