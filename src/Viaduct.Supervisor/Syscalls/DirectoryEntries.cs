using System.Buffers.Binary;
using System.Text;
using Viaduct.Abi;
using Viaduct.Linux.Descriptors;
using Viaduct.Supervisor.Files;
using Viaduct.Supervisor.Vfs;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Syscalls;

/// <summary>Directory entries as getdents64(2) and getdents(2) write them.</summary>
internal static class DirectoryEntries
{
    private const byte DT_CHR = 2, DT_DIR = 4, DT_REG = 8, DT_LNK = 10;
    private const int MaximumBuffer = 64 * 1024;

    /// <summary>Fills the client's buffer from where the directory was read to: bytes, 0 at the end, EINVAL where not even
    /// one entry fits.</summary>
    public static Outcome Write(in Call call, OpenDirectory directory, bool wide)
    {
        var room = (int)Math.Min(call.Arg2 & uint.MaxValue, MaximumBuffer);
        var buffer = new byte[room];
        if (directory.Entries is null || directory.Position == 0)
        {
            directory.Entries = List(directory);
        }

        var entries = directory.Entries;
        var length = 0;
        var position = directory.Position;
        for (; position < entries.Count; position++)
        {
            var (name, type) = entries[position];
            var size = wide
                ? Put64(buffer.AsSpan(length), name, type, position + 1)
                : Put(buffer.AsSpan(length), name, type, position + 1);
            if (size == 0)
            {
                break;
            }

            length += size;
        }

        if (length == 0)
        {
            return position < entries.Count ? Errno.EINVAL : SysResult.Success;
        }

        if (!call.Memory.TryWrite(call.Arg1, buffer.AsSpan(0, length)))
        {
            return Errno.EFAULT;
        }

        directory.Position = position;
        return SysResult.FromValue(length);
    }

    private static List<(string Name, byte Type)> List(OpenDirectory open)
    {
        var entries = new List<(string, byte)> { (".", DT_DIR), ("..", DT_DIR) };
        foreach (var (name, node) in open.Directory.Children)
        {
            entries.Add((name, node switch
            {
                SysfsDirectory => DT_DIR,
                SysfsLink => DT_LNK,
                DeviceNode => DT_CHR,
                _ => DT_REG,
            }));
        }

        if (!open.Directory.IsOpaque)
        {
            AddHost(open, entries);
        }

        return entries;
    }

    // Ours hide the host's of the same name. The type is the one of st_mode, shifted (IFTODT).
    private static void AddHost(OpenDirectory open, List<(string Name, byte Type)> entries)
    {
        foreach (var name in HostDirectory.Names(open.Path))
        {
            if (!open.Directory.Children.ContainsKey(name)
                && !FileStatus.Get(
                    FileStatus.AT_FDCWD, $"{open.Path}/{name}", FileStatus.AT_SYMLINK_NOFOLLOW, out var status).IsError)
            {
                entries.Add((name, (byte)(status.Mode >> 12)));
            }
        }
    }

    // struct linux_dirent64: ino, off, reclen, type, name
    private static int Put64(Span<byte> buffer, string name, byte type, int next)
    {
        const int NameOffset = 19;
        var size = (NameOffset + Encoding.UTF8.GetByteCount(name) + 1 + 7) & ~7;
        if (size > buffer.Length)
        {
            return 0;
        }

        PutHeader(buffer, size, next);
        buffer[18] = type;
        Encoding.UTF8.GetBytes(name, buffer[NameOffset..]);
        return size;
    }

    // struct linux_dirent: ino, off, reclen, name; the type is the entry's last byte
    private static int Put(Span<byte> buffer, string name, byte type, int next)
    {
        const int NameOffset = 18;
        var size = (NameOffset + Encoding.UTF8.GetByteCount(name) + 2 + 7) & ~7;
        if (size > buffer.Length)
        {
            return 0;
        }

        PutHeader(buffer, size, next);
        Encoding.UTF8.GetBytes(name, buffer[NameOffset..]);
        buffer[size - 1] = type;
        return size;
    }

    private static void PutHeader(Span<byte> buffer, int size, int next)
    {
        buffer[..size].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, (ulong)next);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[8..], (ulong)next);
        BinaryPrimitives.WriteUInt16LittleEndian(buffer[16..], (ushort)size);
    }
}
