using Viaduct.Linux.Descriptors;

namespace Viaduct.Memory.Remote;

/// <summary>
/// What a client has mapped of files that it shares, mapped here. Small ranges have a window of the file in common: a client may pin
/// each page on its own, and a process cannot have a mapping for each (vm.max_map_count). Any thread calls.
/// </summary>
/// <param name="process">The client.</param>
internal sealed class SharedFileWindows(int process)
{
    private const ulong WindowSize = 1UL << 30;
    private const ulong LargestInWindow = 2UL << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<(FileIdentity File, ulong Start, bool Writable), SharedFileMemory> _windows = [];

    /// <summary>Maps what the client has mapped; the caller releases it once.</summary>
    /// <param name="file">The file, which the client must still have open.</param>
    /// <param name="position">File position of the first byte, a multiple of 4 KiB.</param>
    /// <param name="length">Bytes, a multiple of 4 KiB.</param>
    /// <param name="writable">The device will write.</param>
    /// <param name="offset">The first byte's place in the source.</param>
    /// <returns>Null where that cannot be done.</returns>
    public SharedFileMemory? TryPin(FileIdentity file, ulong position, ulong length, bool writable, out ulong offset)
    {
        var start = position & ~(WindowSize - 1);
        if (length > LargestInWindow || position - start > WindowSize - length)
        {
            return SharedFileMemory.TryMap(process, file, position, length, writable, out offset);
        }

        lock (_lock)
        {
            var key = (file, start, writable);
            if (!_windows.TryGetValue(key, out var window))
            {
                window = SharedFileMemory.TryMapWindow(process, file, start, WindowSize, writable, source => Release(key, source));
                if (window is null)
                {
                    return SharedFileMemory.TryMap(process, file, position, length, writable, out offset);
                }

                _windows.Add(key, window);
            }

            // The file is asked, not the client's mapping of it, which may be another one by now. What it has, it keeps if it cannot shrink.
            offset = position - start;
            window.Pins++;
            if (window.Holds(offset + (length - 1)))
            {
                return window;
            }

            Release(key, window);
            return null;
        }
    }

    private void Release(in (FileIdentity File, ulong Start, bool Writable) key, SharedFileMemory window)
    {
        lock (_lock)
        {
            if (--window.Pins == 0)
            {
                _windows.Remove(key);
                window.Unmap();
            }
        }
    }
}
