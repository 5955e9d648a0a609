using Viaduct.Vfio;
using CoreDevice = Viaduct.Vfio.Devices.VfioDevice;

namespace Viaduct.Driver;

/// <summary>Opens devices of a VFIO core in this process: a driver and a device model in one program, for tests and
/// for stepping through both.</summary>
public static class InProcessDevice
{
    /// <summary>Opens a device in an address space of its own; several share one with <see cref="InProcessClient"/>. It
    /// comes reset, with DMA off. DMA memory is reached in place; registers are calls of the model, on the driver's
    /// thread, and cannot be mapped.</summary>
    /// <param name="system">The machine, which the caller put together.</param>
    /// <param name="device">A device of it.</param>
    /// <exception cref="VfioException">As <see cref="InProcessClient.OpenDevice"/>.</exception>
    public static PciDevice Open(VfioSystem system, CoreDevice device)
    {
        var client = new InProcessClient(system);
        try
        {
            return client.Open(device, ownsClient: true);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
