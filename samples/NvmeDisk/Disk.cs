using NvmeDisk.Nvme;
using Viaduct.Driver;

namespace NvmeDisk;

/// <summary>A device, its controller, and the namespace that the user named.</summary>
internal sealed class Disk : IDisposable
{
    private readonly uint _number;
    private NamespaceIdentity? _namespace;

    private Disk(PciDevice device, NvmeController controller, uint number)
    {
        Device = device;
        Controller = controller;
        _number = number;
    }

    internal PciDevice Device { get; }

    internal NvmeController Controller { get; }

    /// <summary>The namespace.</summary>
    /// <exception cref="NvmeException">It is not there, or cannot be used.</exception>
    internal NamespaceIdentity Namespace => _namespace ??= FindNamespace();

    /// <summary>Opens a device and starts its controller.</summary>
    /// <param name="name">See <see cref="DiskAddress"/>.</param>
    /// <param name="options">How.</param>
    internal static Disk Open(string name, DiskOptions options)
    {
        var device = DiskAddress.Open(name, options.Api);
        try
        {
            var controller = new NvmeController(device, options.Queues, options.UseInterrupts, options.Patience);
            return new Disk(device, controller, options.Namespace);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Checks that blocks are there.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many; null for all from the first on.</param>
    /// <returns>How many.</returns>
    internal ulong CheckRange(ulong first, ulong? count)
    {
        var blocks = Namespace.Blocks;
        return first < blocks && (count is not { } wanted || (wanted > 0 && wanted <= blocks - first))
            ? count ?? blocks - first
            : throw new NvmeException(
                $"blocks {first} + {count ?? 1} are not in namespace {Namespace.Number}, which has {blocks} of "
                + $"{Namespace.BlockSize} bytes");
    }

    /// <summary>The most blocks that a command of a queue with such transfers moves.</summary>
    internal int BlocksIn(int bytes) => Math.Clamp(bytes >> Namespace.BlockShift, 1, ushort.MaxValue + 1);

    public void Dispose()
    {
        Controller.Dispose();
        Device.Dispose();
    }

    private NamespaceIdentity FindNamespace()
    {
        var numbers = Controller.GetNamespaceNumbers();
        if (!numbers.Contains(_number))
        {
            throw new NvmeException(
                $"{Device.Name} has no namespace {_number}; "
                + (numbers.Count == 0 ? "it has none" : $"it has {string.Join(", ", numbers)}"));
        }

        var space = Controller.GetNamespace(_number);
        return space.MetadataSize == 0
            ? space
            : throw new NvmeException(
                $"namespace {_number} has {space.MetadataSize} bytes of metadata for each block, which this driver does not "
                + "know how to use");
    }
}
