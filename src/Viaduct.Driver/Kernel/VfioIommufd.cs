using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// An iommufd (/dev/iommu) with one I/O address space, for devices that are opened by their own nodes. Devices that
/// exchange data, or that sit in one group, are opened through one of these. Dispose it after its devices.
/// </summary>
public sealed class VfioIommufd : IDisposable
{
    private const int TokenSize = 16;

    private readonly Lock _lock = new();
    private readonly FileDescriptorHandle _file;
    private readonly VfioPaths _paths;
    private readonly uint _ioas;
    private DmaSpace? _dma;
    private bool _disposed;

    private VfioIommufd(FileDescriptorHandle file, VfioPaths paths, uint ioas)
    {
        _file = file;
        _paths = paths;
        _ioas = ioas;
    }

    /// <summary>The I/O address space; it exists from the first device on.</summary>
    /// <exception cref="InvalidOperationException">No device was opened yet.</exception>
    public DmaSpace Dma => _dma
        ?? throw new InvalidOperationException(
            "Which I/O addresses there are is known with the first device: open one.");

    /// <summary>Opens an iommufd and makes its address space.</summary>
    /// <exception cref="VfioException">The node cannot be opened, or refuses.</exception>
    public static VfioIommufd Open() => Open(VfioPaths.Default);

    /// <summary>Opens a device in this address space; see <see cref="VfioDevice.Open"/>.</summary>
    /// <param name="address">As lspci -D prints it.</param>
    /// <param name="vfToken">The token of an SR-IOV function whose physical function is VFIO's too.</param>
    public PciDevice OpenDevice(string address, Guid? vfToken = null) =>
        Open(PciAddress.Parse(address), vfToken, ownsIommufd: false);

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
        _file.Dispose();
    }

    internal static VfioIommufd Open(VfioPaths paths)
    {
        var result = FileCalls.Open(paths.Iommufd, OpenFlags.O_RDWR, out var file);
        if (result.IsError)
        {
            throw CdevErrors.CannotOpenIommufd(paths, result.Errno);
        }

        var alloc = new IommuIoasAlloc { Size = IommuIoasAlloc.StructSize };
        result = FileCalls.Ioctl(file, IommufdIoctl.IOMMU_IOAS_ALLOC, ref alloc);
        if (result.IsError)
        {
            file.Dispose();
            throw new VfioException(
                result.Errno, "IOMMU_IOAS_ALLOC", $"{paths.Iommufd} does not make an I/O address space");
        }

        return new VfioIommufd(file, paths, alloc.OutIoasId);
    }

    internal PciDevice Open(PciAddress address, Guid? vfToken, bool ownsIommufd)
    {
        var name = address.ToString();
        VfioContainer.FindGroup(_paths, name);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var file = OpenNode(name);
            try
            {
                Bind(file, name, vfToken);
                Attach(file, name);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            return new PciDevice(new KernelBackend(file, name, Dma, ownsIommufd ? this : null));
        }
    }

    private FileDescriptorHandle OpenNode(string name)
    {
        var cdev = Sysfs.Names(_paths.CdevNames(name)).FirstOrDefault() ?? throw CdevErrors.NoNode(_paths, name);
        if (cdev.StartsWith("noiommu-", StringComparison.Ordinal))
        {
            throw CdevErrors.NoIommu(_paths, cdev, name);
        }

        var result = FileCalls.Open(_paths.Cdev(cdev), OpenFlags.O_RDWR, out var file);
        return result.IsError ? throw CdevErrors.CannotOpenNode(_paths, result.Errno, cdev, name) : file;
    }

    private void Bind(FileDescriptorHandle device, string name, Guid? vfToken)
    {
        var bind = new VfioDeviceBindIommufd
        {
            ArgSz = VfioDeviceBindIommufd.MinSize,
            Iommufd = (int)_file.DangerousGetHandle(),
        };
        if (vfToken is not { } token)
        {
            Check(FileCalls.Ioctl(device, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, ref bind));
            return;
        }

        // The request has the token's address, so the token must stay where it is.
        var result = MemoryMapping.Allocate((nuint)Environment.SystemPageSize, HugePageSize.None, out var memory);
        if (memory is null)
        {
            throw CdevErrors.CannotBind(_paths, result.Errno, name);
        }

        using (memory)
        {
            _ = token.TryWriteBytes(memory.GetSpan(0, TokenSize), bigEndian: true, out _);
            bind.ArgSz = VfioDeviceBindIommufd.Size;
            bind.Flags = VfioDeviceBindFlags.VFIO_DEVICE_BIND_FLAG_TOKEN;
            bind.TokenUuidPtr = memory.Address;
            Check(FileCalls.Ioctl(device, VfioIoctl.VFIO_DEVICE_BIND_IOMMUFD, ref bind));
        }

        void Check(SysResult answer)
        {
            if (answer.IsError)
            {
                throw CdevErrors.CannotBind(_paths, answer.Errno, name);
            }
        }
    }

    private void Attach(FileDescriptorHandle device, string name)
    {
        var attach = new VfioDeviceAttachIommufdPt { ArgSz = VfioDeviceAttachIommufdPt.MinSize, PtId = _ioas };
        var result = FileCalls.Ioctl(device, VfioIoctl.VFIO_DEVICE_ATTACH_IOMMUFD_PT, ref attach);
        if (result.IsError)
        {
            throw CdevErrors.CannotAttach(result.Errno, name);
        }

        // Each device's IOMMU may reserve further addresses.
        var ranges = IoasRanges.Query(_file, _ioas);
        if (_dma is null)
        {
            _dma = new DmaSpace(new IoasMapper(_file, _ioas), ranges.Ranges, ranges.PageSize);
        }
        else
        {
            _dma.Restrict(ranges.Ranges);
        }
    }
}
