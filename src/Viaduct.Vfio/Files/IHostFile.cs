namespace Viaduct.Vfio.Files;

/// <summary>An open file of the host's, which a caller names by a descriptor. Good for the length of that call only.</summary>
public interface IHostFile
{
    /// <summary>What readlink of /proc/self/fd/N says: <c>anon_inode:kvm-vm</c>.</summary>
    string LinkName { get; }

    /// <summary>The character device's number; null for other files.</summary>
    DeviceNumber? DeviceNumber { get; }

    /// <summary>Something to know the file by in later calls, whatever its descriptor is then.</summary>
    IHostFileReference Remember();
}
