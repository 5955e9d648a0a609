using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;

namespace Viaduct.Vfio.Files;

/// <summary>
/// An open file of ours (the kernel's struct file): what a descriptor, its duplicates, forked copies and mappings refer
/// to. A door creates the descriptor, and calls <see cref="Release"/> once when the last reference has gone.
/// </summary>
public abstract class VfioFile
{
    /// <summary>What readlink of /proc/self/fd/N says: <c>/dev/vfio/vfio</c>, <c>/dev/vfio/7</c>, <c>anon_inode:[vfio-device]</c>.</summary>
    public abstract string LinkName { get; }

    /// <summary>The character device's number; null for an anonymous inode.</summary>
    public abstract DeviceNumber? DeviceNumber { get; }

    /// <summary>It has read and write operations; without them the kernel answers EINVAL whatever the arguments.</summary>
    public virtual bool HasTransfers => false;

    /// <summary>lseek(2) succeeds, and stays at 0 (noop_llseek); otherwise it is ESPIPE.</summary>
    public virtual bool HasSeek => false;

    /// <summary>pread(2) and pwrite(2) are tried (FMODE_PREAD); otherwise they are ESPIPE, as on an anonymous inode that its driver has not made
    /// readable at positions.</summary>
    public virtual bool HasPositions => true;

    /// <summary>Lines that /proc/self/fdinfo/N has beside pos, flags, mnt_id and ino; each ends with a newline.</summary>
    public virtual string FdInfo => "";

    /// <summary>ioctl(2). Only the low 32 bits of the command count, as in the kernel.</summary>
    public abstract SysResult Ioctl(Caller caller, uint command, ulong argument);

    /// <summary>pread64(2); read(2) comes here too, with the file's position.</summary>
    /// <param name="caller">Who reads.</param>
    /// <param name="buffer">The client's buffer.</param>
    /// <param name="count">Bytes; the door has cut it to MAX_RW_COUNT.</param>
    /// <param name="position">Not negative.</param>
    /// <returns>Bytes moved, or an errno.</returns>
    public virtual SysResult Read(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

    /// <summary>pwrite64(2); write(2) comes here too, with the file's position.</summary>
    public virtual SysResult Write(Caller caller, ulong buffer, ulong count, ulong position) => Errno.EINVAL;

    /// <summary>The memory file that mappings of this one show; null where each load and store of theirs comes here.</summary>
    public virtual FileDescriptorHandle? Memory => null;

    /// <summary>mmap(2): whether the kernel would allow it. The mapping itself is the door's.</summary>
    public virtual SysResult Mmap(in MmapRequest request) => Errno.ENODEV;

    /// <summary>A load from a mapping of this file.</summary>
    /// <param name="position">File position of the first byte.</param>
    /// <param name="width">1, 2, 4 or 8 bytes.</param>
    /// <param name="value">What the device answered.</param>
    /// <returns>False: the client gets SIGBUS.</returns>
    public virtual bool TryLoad(ulong position, int width, out ulong value)
    {
        value = 0;
        return false;
    }

    /// <summary>A store to a mapping of this file.</summary>
    /// <returns>False: the client gets SIGBUS.</returns>
    public virtual bool TryStore(ulong position, int width, ulong value) => false;

    /// <summary>
    /// What DMA to a mapping of this file reaches (peer to peer), by file position. Null where it cannot be a target.
    /// </summary>
    public virtual MemorySource? DmaTarget => null;

    /// <summary>The last descriptor, duplicate and mapping has gone.</summary>
    public abstract void Release();
}
