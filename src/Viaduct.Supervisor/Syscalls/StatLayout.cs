using System.Buffers.Binary;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>struct stat as stat(2), lstat(2), fstat(2) and newfstatat(2) write it: asm/stat.h of x86-64. Another
/// architecture replaces this file.</summary>
internal static class StatLayout
{
    public const int Size = 144;

    public static void Write(in FileStatus status, Span<byte> buffer)
    {
        buffer[..Size].Clear();
        Put64(buffer, 0, DeviceNumber(status.DevMajor, status.DevMinor));
        Put64(buffer, 8, status.Inode);
        Put64(buffer, 16, status.LinkCount);
        Put32(buffer, 24, status.Mode);
        Put32(buffer, 28, status.UserId);
        Put32(buffer, 32, status.GroupId);
        Put64(buffer, 40, DeviceNumber(status.RdevMajor, status.RdevMinor));
        Put64(buffer, 48, status.Size);
        Put64(buffer, 56, status.BlockSize);
        Put64(buffer, 64, status.Blocks);
        PutTime(buffer, 72, status.AccessTime);
        PutTime(buffer, 88, status.ModificationTime);
        PutTime(buffer, 104, status.ChangeTime);
    }

    // new_encode_dev(), linux/kdev_t.h
    private static ulong DeviceNumber(uint major, uint minor)
        => (minor & 0xff) | ((ulong)major << 8) | ((ulong)(minor & ~0xffU) << 12);

    private static void PutTime(Span<byte> buffer, int offset, in StatusTime time)
    {
        Put64(buffer, offset, (ulong)time.Seconds);
        Put64(buffer, offset + 8, time.Nanoseconds);
    }

    private static void Put32(Span<byte> buffer, int offset, uint value)
        => BinaryPrimitives.WriteUInt32LittleEndian(buffer[offset..], value);

    private static void Put64(Span<byte> buffer, int offset, ulong value)
        => BinaryPrimitives.WriteUInt64LittleEndian(buffer[offset..], value);
}
