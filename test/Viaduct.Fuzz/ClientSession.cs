using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Viaduct.Fuzz;

/// <summary>One supervisor, under which a spawner runs one client for each seed, one after the other.</summary>
internal sealed class ClientSession : IDisposable
{
    private const int CounterSize = 4096;

    // Clients that run before the baseline is taken: by then the runtime has loaded and compiled what it needs.
    private const int WarmUp = 12;

    private static readonly string[] s_devices = ["edu", "ioat", "ioat,group=7", "ioat,group=7"];
    private static readonly string[] s_addresses = ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0", "0000:04:00.0"];
    private static readonly string[] s_bad = ["internal error", "Unhandled exception", "the model of"];
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    private readonly string _counter = Path.Combine(Path.GetTempPath(), $"viaduct-fuzz-{Guid.NewGuid():N}");
    private readonly ConcurrentQueue<string> _talk = new();
    private readonly BlockingCollection<string> _answers = [];
    private readonly Process _process;
    private readonly TimeSpan _deadline;
    private Footprint? _baseline;
    private int _served;

    public ClientSession(string viaduct, string client, TimeSpan deadline)
    {
        _deadline = deadline;
        File.WriteAllBytes(_counter, new byte[CounterSize]);
        File.SetUnixFileMode(_counter, (UnixFileMode)Convert.ToInt32("666", 8));
        var words = viaduct.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var start = new ProcessStartInfo(words[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            .. words.AsSpan(1), "run", "--quiet", .. s_devices.SelectMany(d => new[] { "--device", d }), "--",
            client, "spawner", _counter, .. s_addresses,
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _answers.Add(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _talk.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Calls that the clients made so far.</summary>
    public long Calls => BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(_counter));

    /// <summary>Runs one client to its end, and checks the supervisor.</summary>
    /// <exception cref="FuzzFailure">It hangs, has ended, has failed, or holds more than before.</exception>
    public void Run(ulong seed)
    {
        var expected = $"done {seed.ToString(CultureInfo.InvariantCulture)} ";
        try
        {
            _process.StandardInput.WriteLine(seed.ToString(CultureInfo.InvariantCulture));
            _process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It has ended, which the missing answer tells.
        }

        if (!_answers.TryTake(out var answer, _deadline))
        {
            throw new FuzzFailure($"no answer within {_deadline.TotalSeconds} s\n{ProcessDump.Of(_process.Id)}");
        }

        if (!answer.StartsWith(expected, StringComparison.Ordinal))
        {
            throw new FuzzFailure($"the run ended, status {Status()}, output '{answer}'\n{string.Join('\n', _talk)}");
        }

        CheckTalk();
        CheckFootprint();
    }

    /// <summary>Ends the spawner, and checks how the supervisor ends.</summary>
    public void Finish()
    {
        _process.StandardInput.Close();
        var status = Status();
        CheckTalk();
        if (status != "0")
        {
            throw new FuzzFailure($"viaduct ended with status {status}\n{string.Join('\n', _talk)}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(); // the kernel kills what it traces
            _process.WaitForExit();
        }

        _process.Dispose();
        _answers.Dispose();
        File.Delete(_counter);
    }

    private string Status()
    {
        if (!_process.WaitForExit(_deadline))
        {
            throw new FuzzFailure($"no end within {_deadline.TotalSeconds} s\n{ProcessDump.Of(_process.Id)}");
        }

        _process.WaitForExit(); // and until its output has been read
        return _process.ExitCode.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckTalk()
    {
        if (_talk.Any(line => s_bad.Any(bad => line.Contains(bad, StringComparison.Ordinal))))
        {
            throw new FuzzFailure(string.Join('\n', _talk));
        }
    }

    // Releases go on beside the client's end for a moment, so the least that is seen counts.
    private void CheckFootprint()
    {
        if (++_served < WarmUp)
        {
            return;
        }

        var watch = Stopwatch.StartNew();
        var now = Footprint.Of(_process.Id);
        _baseline ??= now;
        while (now.Exceeds(_baseline.Value) is { } what)
        {
            if (watch.Elapsed > s_settle)
            {
                throw new FuzzFailure(
                    $"after {_served} clients {what} grew: {_baseline} became {now}\n{Footprint.Describe(_process.Id)}");
            }

            Thread.Sleep(50);
            now = Footprint.Of(_process.Id);
        }
    }
}
