using Viaduct.Abi;
using Viaduct.Vfio;
using Viaduct.Vfio.Devices;
using Viaduct.Vfio.Iommufd;
using CoreDevice = Viaduct.Vfio.Devices.VfioDevice;

namespace Viaduct.Driver;

/// <summary>
/// A client, in this process, of a VFIO core that is in this process too: an iommufd with one I/O address space, for
/// one device or several. What is checked is what the core checks for every client. Dispose it after its devices.
/// </summary>
public sealed class InProcessClient : IDisposable
{
    // Half of the caller's buffer.
    private const int MostRanges = 2048;

    private readonly Lock _lock = new();
    private readonly VfioSystem _system;
    private readonly InProcessCaller _caller = new();
    private readonly IommufdFile _iommufd = VfioSystem.OpenIommufd();
    private readonly uint _ioas;
    private DmaSpace? _dma;
    private bool _disposed;

    /// <summary>Opens an iommufd and makes its address space.</summary>
    /// <param name="system">The machine, which the caller put together.</param>
    public InProcessClient(VfioSystem system)
    {
        _system = system;
        _caller.Iommufd = _iommufd;
        var alloc = new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize };
        Check(
            _caller.Ioctl(_iommufd, IommufdIoctl.IOMMU_IOAS_ALLOC, ref alloc),
            "IOMMU_IOAS_ALLOC",
            "cannot make an I/O address space");
        _ioas = alloc.OutIoasId;
    }

    /// <summary>The I/O address space; it exists from the first device on.</summary>
    /// <exception cref="InvalidOperationException">No device was opened yet.</exception>
    public DmaSpace Dma => _dma
        ?? throw new InvalidOperationException(
            "Which I/O addresses there are is known with the first device: open one.");

    /// <summary>Opens a device in this address space. It comes reset, with DMA off.</summary>
    /// <param name="device">A device of the system.</param>
    /// <exception cref="VfioException">ENODEV: it is not in the system; EINVAL: another client has it; EBUSY: another
    /// client has its group.</exception>
    public PciDevice OpenDevice(CoreDevice device) => Open(device, ownsClient: false);

    /// <summary>Frees the DMA memory and closes the iommufd.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _dma?.Dispose();
        _iommufd.Release();
        _caller.Dispose();
    }

    internal PciDevice Open(CoreDevice device, bool ownsClient)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Check(_system.OpenDevice(device, out var file), "open", $"cannot open {device.Name}");
            try
            {
                Bind(file!);
                Attach(file!);
            }
            catch
            {
                file!.Release();
                throw;
            }

            return new PciDevice(new InProcessBackend(_caller, file!, Dma, ownsClient ? this : null));
        }
    }

    private static void Check(SysResult result, string call, string problem)
    {
        if (!result.IsError)
        {
            return;
        }

        var why = result.Errno switch
        {
            Errno.ENODEV => "vfio-pci does not have the device",
            Errno.EINVAL => "another client has the device open",
            Errno.EBUSY => "another client has the device's group open",
            Errno.EPERM => "a driver of the host, or another iommufd, has a device of its group",
            _ => "",
        };
        throw new VfioException(result.Errno, call, problem, why);
    }

    private void Bind(CdevFile file)
    {
        var bind = new VfioDeviceBindIommufd
        {
            ArgSz = VfioDeviceBindIommufd.MinSize,
            Iommufd = InProcessCaller.IommufdNumber,
        };
        Check(
            _caller.Ioctl(file, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, ref bind),
            "VFIO_DEVICE_BIND_IOMMUFD",
            $"cannot bind {file.Device.Name} to the iommufd");
    }

    private void Attach(CdevFile file)
    {
        var attach = new VfioDeviceAttachIommufdPt { ArgSz = VfioDeviceAttachIommufdPt.MinSize, PtId = _ioas };
        Check(
            _caller.Ioctl(file, VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT, ref attach),
            "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
            $"cannot attach {file.Device.Name} to the I/O address space");
        var ranges = QueryRanges();
        if (_dma is null)
        {
            _dma = new DmaSpace(new InProcessMapper(_caller, _iommufd, _ioas), ranges.Ranges, ranges.PageSize);
        }
        else
        {
            _dma.Restrict(ranges.Ranges);
        }
    }

    private IoasRanges QueryRanges()
    {
        var query = new IommuIoasIovaRanges
        {
            Size = IommuIoasIovaRanges.StructSize,
            IoasId = _ioas,
            NumIovas = MostRanges,
        };
        var array = new byte[MostRanges * IommuIovaRange.Size];
        var result = _caller.Ioctl(
            _iommufd,
            IommufdIoctl.IOMMU_IOAS_IOVA_RANGES,
            ref query,
            static (query, address) => query with { AllowedIovas = address },
            array);
        Check(result, "IOMMU_IOAS_IOVA_RANGES", "cannot ask the iommufd for its I/O addresses");
        return IoasRanges.Parse(array, query);
    }
}
