using Viaduct.Cli.Machine;
using Viaduct.Iommu;
using Viaduct.VfioUser.Server;

namespace Viaduct.Cli.Output;

/// <summary>What <c>serve</c> says: how to connect on stdout, what happens on stderr.</summary>
/// <param name="quiet">Nothing of it.</param>
internal sealed class ServeReport(bool quiet) : IDmaObserver
{
    // A client may do as many things wrong as it likes.
    private const int MostFaults = 20;

    private int _faults;

    /// <summary>Where a device can be had from now on.</summary>
    /// <param name="placed">The device.</param>
    /// <param name="path">The socket; null where it was passed to us.</param>
    public void Serving(PlacedDevice placed, string? path)
    {
        if (quiet)
        {
            return;
        }

        var id = placed.Device.Function.Identity;
        var where = path is null ? "on the socket that was passed" : $"at {path}";
        Console.Out.WriteLine($"{placed.Spec.Model.Name} ({id.VendorId:x4}:{id.DeviceId:x4}) {where}");
        if (path is not null)
        {
            var full = Path.GetFullPath(path);
            Console.Out.WriteLine($$$"""  QEMU              -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"{{{full}}}"}}'""");
            Console.Out.WriteLine("  with its memory   -object memory-backend-memfd,id=ram,size=1G -machine memory-backend=ram -m 1G");
            Console.Out.WriteLine($"  cloud-hypervisor  --user-device socket={full} --memory size=1G,shared=on");
        }

        Console.Out.Flush();
    }

    /// <summary>What became of the state that a server before this one left.</summary>
    /// <param name="name">What the device is called.</param>
    /// <param name="isRestored">The device goes on from it.</param>
    /// <param name="error">Why it cannot; null where there was none.</param>
    public void Restored(string name, bool isRestored, string? error)
    {
        if (error is not null)
        {
            Console.Error.WriteLine($"viaduct: {name} begins as after power on: {error}");
        }
        else if (isRestored)
        {
            Say($"{name} goes on where the last server left it");
        }
    }

    /// <summary>All devices are closed.</summary>
    public void Stopped() => Say("stopped; everything that devices were given is on disk");

    /// <summary>Who hears of one device's clients.</summary>
    /// <param name="name">What the device is called.</param>
    public IServerObserver ForDevice(string name) => new DeviceReport(this, name);

    /// <inheritdoc/>
    public void Transferred(DmaAccess access, ulong address, ulong length)
    {
    }

    /// <inheritdoc/>
    public void Faulted(in DmaResult fault)
    {
        var count = Interlocked.Increment(ref _faults);
        if (count <= MostFaults)
        {
            var access = fault.Access == DmaAccess.Write ? "write to" : "read of";
            Say($"DMA fault: a {access} 0x{fault.Address:x}, which the client did not map for it{(count == MostFaults ? "; no more are shown" : "")}");
        }
    }

    private void Say(string what)
    {
        if (!quiet)
        {
            Console.Error.WriteLine($"viaduct: {what}");
        }
    }

    private sealed class DeviceReport(ServeReport report, string name) : IServerObserver
    {
        private const int MostRefusals = 20;

        private int _refusals;

        public void Connected(int process)
        {
            _refusals = 0;
            report.Say($"{name}: process {process} connected");
        }

        public void Disconnected(int process, string? reason)
            => report.Say($"{name}: process {process} has gone{(reason is null ? "" : $": {reason}")}");

        public void Refused(string what)
        {
            if (++_refusals <= MostRefusals)
            {
                report.Say($"{name}: refused {what}{(_refusals == MostRefusals ? "; no more are shown" : "")}");
            }
        }
    }
}
