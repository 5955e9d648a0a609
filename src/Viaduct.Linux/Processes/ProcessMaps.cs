using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Viaduct.Linux.Descriptors;

namespace Viaduct.Linux.Processes;

/// <summary>
/// The areas of one address space. Asks by PROCMAP_QUERY (Linux 6.11, some 0.3 µs), and reads the text where the
/// kernel is older. An address space that has gone, by exit or exec, has no areas.
/// </summary>
public sealed partial class ProcessMaps : IDisposable
{
    private const uint PROCMAP_QUERY = 0xC0686611;
    private const ulong VmaPermissionMask = 0xf;
    private const int ENOTTY = 25;

    private readonly string _path;
    private readonly SafeFileHandle? _handle;
    private bool _textOnly;

    /// <summary>The address space that a thread has now; one that has exited has none.</summary>
    public ProcessMaps(int task)
    {
        _path = string.Create(CultureInfo.InvariantCulture, $"/proc/{task}/maps");
        try
        {
            _handle = File.OpenHandle(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _handle = null; // the process has gone
        }
    }

    /// <summary>The area that holds an address.</summary>
    public unsafe bool TryFind(ulong address, out VmArea area)
    {
        area = default;
        if (_handle is null)
        {
            return false;
        }

        if (!_textOnly)
        {
            var query = new Query { Size = (ulong)sizeof(Query), Address = address };
            if (Ioctl((int)_handle.DangerousGetHandle(), PROCMAP_QUERY, &query) == 0)
            {
                area = new VmArea(
                    query.Start,
                    query.End,
                    (VmAreaPermissions)(query.VmaFlags & VmaPermissionMask),
                    query.Offset,
                    new FileIdentity(((ulong)query.DevMajor << 32) | query.DevMinor, query.Inode));
                return true;
            }

            if (Marshal.GetLastPInvokeError() != ENOTTY)
            {
                return false;
            }

            _textOnly = true;
        }

        return TryFindInText(address, out area);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle?.Dispose();

    /// <summary>Reads one line: <c>start-end rwxp offset major:minor inode path</c>, hexadecimal but for the inode.</summary>
    internal static bool TryParse(ReadOnlySpan<char> line, out VmArea area)
    {
        area = default;
        Span<Range> fields = stackalloc Range[6];
        if (line.Split(fields, ' ', StringSplitOptions.RemoveEmptyEntries) < 5)
        {
            return false;
        }

        var addresses = line[fields[0]];
        var dash = addresses.IndexOf('-');
        var permissions = line[fields[1]];
        var device = line[fields[3]];
        var colon = device.IndexOf(':');
        if (dash < 0 || colon < 0 || permissions.Length < 4
            || !TryHex(addresses[..dash], out var start) || !TryHex(addresses[(dash + 1)..], out var end)
            || !TryHex(line[fields[2]], out var offset)
            || !TryHex(device[..colon], out var major) || !TryHex(device[(colon + 1)..], out var minor)
            || !ulong.TryParse(line[fields[4]], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
        {
            return false;
        }

        var flags = (permissions[0] == 'r' ? VmAreaPermissions.Readable : 0)
            | (permissions[1] == 'w' ? VmAreaPermissions.Writable : 0)
            | (permissions[2] == 'x' ? VmAreaPermissions.Executable : 0)
            | (permissions[3] == 's' ? VmAreaPermissions.Shared : 0);
        area = new VmArea(start, end, flags, offset, new FileIdentity((major << 32) | minor, inode));
        return true;
    }

    private static bool TryHex(ReadOnlySpan<char> text, out ulong value)
        => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private bool TryFindInText(ulong address, out VmArea area)
    {
        area = default;
        try
        {
            foreach (var line in File.ReadLines(_path))
            {
                if (TryParse(line, out area) && address >= area.Start && address < area.End)
                {
                    return true;
                }
            }
        }
        catch (IOException)
        {
            // the process has gone: it has no areas
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(int fd, nuint request, void* argument);

    // struct procmap_query, linux/fs.h
    [StructLayout(LayoutKind.Sequential)]
    private struct Query
    {
        public ulong Size;
        public ulong Flags;
        public ulong Address;
        public ulong Start;
        public ulong End;
        public ulong VmaFlags;
        public ulong PageSize;
        public ulong Offset;
        public ulong Inode;
        public uint DevMajor;
        public uint DevMinor;
        public uint NameSize;
        public uint BuildIdSize;
        public ulong NameAddress;
        public ulong BuildIdAddress;
    }
}
