using System.Diagnostics;
using Viaduct.Abi;
using Viaduct.Driver;

namespace Viaduct.Kills;

/// <summary>A <c>viaduct serve</c> that is there to be killed.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _socket;

    /// <param name="viaduct">The command, with blanks between its words.</param>
    /// <param name="device">The device and its keys.</param>
    /// <param name="socket">Where it listens. What the last one left there, it has to cope with.</param>
    internal ServerProcess(string viaduct, string device, string socket)
    {
        var words = viaduct.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _socket = socket;
        _process = Process.Start(words[0], [.. words[1..], "serve", "--quiet", "--device", device, "--socket-path", socket]);
    }

    /// <summary>Connects as soon as it listens.</summary>
    /// <exception cref="VfioException">It does not come up.</exception>
    internal PciDevice Connect()
    {
        const int Pause = 5;
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return VfioUserDevice.Open(_socket);
            }
            catch (VfioException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED
                && watch.Elapsed < s_patience && !_process.HasExited)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>SIGKILL. When it returns there is nothing of it any more.</summary>
    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }
}
