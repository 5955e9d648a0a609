using Viaduct.Abi;
using Viaduct.Linux;

namespace Viaduct.Driver;

/// <summary>
/// A container of the kernel's VFIO (/dev/vfio/vfio): groups that share one I/O address space. Devices that exchange
/// data, or that sit in one group, are opened through one container. Dispose it after its devices.
/// </summary>
public sealed class VfioContainer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, VfioGroup> _groups = [];
    private readonly FileDescriptorHandle _file;
    private readonly VfioPaths _paths;
    private readonly IommuPreference _preference;
    private DmaSpace? _dma;
    private bool _disposed;

    private VfioContainer(FileDescriptorHandle file, VfioPaths paths, IommuPreference preference)
    {
        _file = file;
        _paths = paths;
        _preference = preference;
    }

    /// <summary>The IOMMU interface in use (VFIO_TYPE1_IOMMU 1, VFIO_TYPE1v2_IOMMU 3); 0 before the first
    /// device.</summary>
    public uint IommuType { get; private set; }

    /// <summary>The I/O address space; it exists from the first device on.</summary>
    /// <exception cref="InvalidOperationException">No device was opened yet.</exception>
    public DmaSpace Dma => _dma
        ?? throw new InvalidOperationException(
            "The kernel gives a container its I/O address space with its first device: open one.");

    /// <summary>Opens a container.</summary>
    /// <param name="preference">Which IOMMU interface it will use.</param>
    /// <exception cref="VfioException">The node cannot be opened, or speaks another version.</exception>
    public static VfioContainer Open(IommuPreference preference = IommuPreference.Any) =>
        Open(preference, VfioPaths.Default);

    /// <summary>Opens a device in this container; see <see cref="VfioDevice.Open"/>.</summary>
    /// <param name="address">As lspci -D prints it.</param>
    /// <param name="vfToken">The token of an SR-IOV function whose physical function is VFIO's too.</param>
    public PciDevice OpenDevice(string address, Guid? vfToken = null) =>
        Open(PciAddress.Parse(address), vfToken, ownsContainer: false);

    /// <summary>Frees the container's DMA memory and closes it and its groups.</summary>
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
        foreach (var group in _groups.Values)
        {
            group.File.Dispose();
        }

        _groups.Clear();
        _file.Dispose();
    }

    internal static VfioContainer Open(IommuPreference preference, VfioPaths paths)
    {
        var result = FileCalls.Open(paths.Container, OpenFlags.O_RDWR, out var file);
        if (result.IsError)
        {
            throw VfioErrors.CannotOpenContainer(paths, result.Errno);
        }

        var version = FileCalls.Ioctl(file, VfioIoctl.VFIO_GET_API_VERSION);
        if (version.Raw != VfioConstants.VFIO_API_VERSION)
        {
            file.Dispose();
            throw new VfioException(
                version.IsError ? version.Errno : Errno.EINVAL,
                "VFIO_GET_API_VERSION",
                $"{paths.Container} does not speak VFIO version {VfioConstants.VFIO_API_VERSION}",
                $"it answered {version}");
        }

        return new VfioContainer(file, paths, preference);
    }

    /// <summary>The group of a device, or what is wrong with it as far as sysfs knows.</summary>
    internal static int FindGroup(VfioPaths paths, string device) =>
        Sysfs.ReadHex($"{paths.Device(device)}/vendor") is null
            ? throw VfioErrors.NoSuchDevice(paths, device)
            : Sysfs.Group(paths, device) ?? throw VfioErrors.NoGroup(device);

    internal PciDevice Open(PciAddress address, Guid? vfToken, bool ownsContainer)
    {
        var name = address.ToString();
        var number = FindGroup(_paths, name);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var group = JoinGroup(number, name);
            try
            {
                var file = GetDevice(group, name, vfToken);
                var backend = new KernelBackend(file, name, Dma, new GroupMembership(this, group, ownsContainer));
                return new PciDevice(backend);
            }
            catch
            {
                Leave(group);
                throw;
            }
        }
    }

    /// <summary>A device of the group is closed; with the last one the group is closed.</summary>
    internal void Leave(VfioGroup group)
    {
        lock (_lock)
        {
            if (--group.Users > 0 || _disposed)
            {
                return;
            }

            // The address space goes with its last group, mappings included: keep that group while a caller can still
            // use it.
            if (_groups.Count > 1)
            {
                _groups.Remove(group.Number);
                group.File.Dispose();
            }
        }
    }

    private VfioGroup JoinGroup(int number, string device)
    {
        if (_groups.TryGetValue(number, out var known))
        {
            known.Users++;
            return known;
        }

        var result = FileCalls.Open(_paths.Group(number), OpenFlags.O_RDWR, out var file);
        if (result.IsError)
        {
            throw VfioErrors.CannotOpenGroup(_paths, result.Errno, number, device);
        }

        try
        {
            CheckViable(file, number);
            result = FileCalls.IoctlDescriptor(file, VfioIoctl.VFIO_GROUP_SET_CONTAINER, _file);
            if (result.IsError)
            {
                throw VfioErrors.CannotSetContainer(_paths, result.Errno, number);
            }

            SetUpIommu();
        }
        catch
        {
            file.Dispose();
            throw;
        }

        var group = new VfioGroup(number, file) { Users = 1 };
        _groups.Add(number, group);
        return group;
    }

    private void CheckViable(FileDescriptorHandle file, int number)
    {
        var status = new VfioGroupStatus { ArgSz = VfioGroupStatus.Size };
        var result = FileCalls.Ioctl(file, VfioIoctl.VFIO_GROUP_GET_STATUS, ref status);
        if (result.IsError)
        {
            throw new VfioException(result.Errno, "VFIO_GROUP_GET_STATUS", $"cannot ask for group {number}'s state");
        }

        if (!status.Flags.HasFlag(VfioGroupStatusFlags.VFIO_GROUP_FLAGS_VIABLE))
        {
            throw VfioErrors.NotViable(_paths, number, Errno.EPERM, "VFIO_GROUP_GET_STATUS");
        }
    }

    private void SetUpIommu()
    {
        if (_dma is not null)
        {
            _dma.Restrict(Type1Info.Query(_file).Ranges);
            return;
        }

        var type = ChooseIommu();
        var result = FileCalls.Ioctl(_file, VfioIoctl.VFIO_SET_IOMMU, type);
        if (result.IsError)
        {
            throw VfioErrors.CannotSetIommu(result.Errno, type);
        }

        var info = Type1Info.Query(_file);
        IommuType = type;
        _dma = new DmaSpace(new Type1Mapper(_file), info.Ranges, info.PageSize);
    }

    private uint ChooseIommu()
    {
        uint[] candidates = _preference == IommuPreference.Any
            ? [VfioIommuType.VFIO_TYPE1v2_IOMMU, VfioIommuType.VFIO_TYPE1_IOMMU]
            : [(uint)_preference];
        foreach (var type in candidates)
        {
            if (FileCalls.Ioctl(_file, VfioIoctl.VFIO_CHECK_EXTENSION, type).Raw > 0)
            {
                return type;
            }
        }

        throw VfioErrors.NoUsableIommu(_preference);
    }

    private FileDescriptorHandle GetDevice(VfioGroup group, string name, Guid? vfToken)
    {
        var text = vfToken is { } token ? $"{name} vf_token={token:D}" : name;
        var result = FileCalls.Ioctl(group.File, VfioIoctl.VFIO_GROUP_GET_DEVICE_FD, text);
        return result.IsError
            ? throw VfioErrors.CannotGetDevice(_paths, result.Errno, group.Number, name)
            : new FileDescriptorHandle((int)result.Raw);
    }
}
