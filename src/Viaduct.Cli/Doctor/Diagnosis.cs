using System.Globalization;
using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Cli.Output;
using Viaduct.Linux.Descriptors;
using Viaduct.Linux.Processes;
using Viaduct.Linux.Seccomp;
using Viaduct.Supervisor;
using Viaduct.Vfio;

namespace Viaduct.Cli.Doctor;

/// <summary>Finds out whether programs can be supervised here, by trying; and says what to do where they cannot.</summary>
internal static class Diagnosis
{
    private const string YamaPath = "/proc/sys/kernel/yama/ptrace_scope";
    private const int YamaAdminOnly = 2;

    private static readonly Version s_killableNotify = new(5, 19);
    private static readonly Version s_syncWakeUp = new(6, 6);

    /// <summary>All checks, in the order in which a person should mend them.</summary>
    public static IReadOnlyList<Check> Run()
    {
        var seccomp = Seccomp();
        return
        [
            Architecture(),
            Kernel(),
            seccomp,
            Yama(),
            seccomp.Verdict == CheckVerdict.Failed
                ? new Check("ptrace", CheckVerdict.Warning, "not tried: it needs seccomp")
                : Supervise(),
            ProcessMemoryAccess(),
            Inotify(),
            PagemapCheck.Run(),
        ];
    }

    /// <summary>What 'run' says when the kernel forbids it.</summary>
    public static int WriteNotSupervised(string mechanism, Errno error) => ErrorText.Write(
        $"this system does not let us supervise a program: {mechanism} failed with {error}.",
        $"why: {(mechanism == "seccomp" ? WhySeccomp(error) : WhyPtrace())}",
        $"fix: {(mechanism == "seccomp" ? FixSeccomp(error) : FixPtrace())}",
        "'viaduct doctor' looks at everything that it takes.");

    private static Check Architecture() => RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64
        ? new Check("architecture", CheckVerdict.Ok, "x86-64")
        : new Check(
            "architecture",
            CheckVerdict.Failed,
            RuntimeInformation.ProcessArchitecture.ToString(),
            "'run' decodes x86-64 instructions only, so far: use an x86-64 machine");

    private static Check Kernel()
    {
        var version = Environment.OSVersion.Version;
        return version < s_killableNotify
            ? new Check("Linux", CheckVerdict.Failed, version.ToString(), "Linux 5.19 or later is needed (seccomp WAIT_KILLABLE_RECV)")
            : version < s_syncWakeUp
                ? new Check("Linux", CheckVerdict.Warning, version.ToString(), "works; from Linux 6.6 on, calls cost less (SYNC_WAKE_UP)")
                : new Check("Linux", CheckVerdict.Ok, version.ToString());
    }

    // The filter goes with its thread.
    private static Check Seccomp()
    {
        var result = SeccompListener.CheckSizes();
        if (!result.IsError)
        {
            var thread = new Thread(() => result = SeccompListener.Install(SeccompListener.AllowEverything));
            thread.Start();
            thread.Join();
        }

        if (result.IsError)
        {
            return new Check("seccomp notify", CheckVerdict.Failed, WhySeccomp(result.Errno), FixSeccomp(result.Errno));
        }

        using var listener = new SeccompListener((int)result.Raw);
        return new Check("seccomp notify", CheckVerdict.Ok, "a filter with a listener can be installed");
    }

    private static Check Yama()
    {
        if (!File.Exists(YamaPath))
        {
            return new Check("Yama ptrace_scope", CheckVerdict.Ok, "no Yama here");
        }

        var text = File.ReadAllText(YamaPath).Trim();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var scope) && scope < YamaAdminOnly
            ? new Check("Yama ptrace_scope", CheckVerdict.Ok, $"{text}: a parent may trace its children")
            : new Check("Yama ptrace_scope", CheckVerdict.Failed, $"{text}: nobody but an administrator may trace", FixPtrace());
    }

    private static Check Supervise()
    {
        var run = new SupervisedRun(
            new VfioSystem([]),
            new SupervisedRunOptions { Report = static _ => { }, Statistics = new RunStatistics() });
        var result = run.Start(["true"]);
        return result.Kind switch
        {
            RunResultKind.Ended when result.Status is { IsExited: true, ExitCode: 0 }
                => new Check("ptrace", CheckVerdict.Ok, "a child was traced from its first instruction to its end"),
            RunResultKind.NotStarted => new Check("ptrace", CheckVerdict.Warning, "not tried: there is no program 'true'"),
            RunResultKind.Ended => new Check("ptrace", CheckVerdict.Failed, "'true' did not end well under us", "please report this"),
            _ => new Check("ptrace", CheckVerdict.Failed, $"{result.Mechanism}: {result.Error}", FixPtrace()),
        };
    }

    private static Check ProcessMemoryAccess()
    {
        var (source, copy) = (new byte[] { 1 }, new byte[1]);
        return ProcessMemory.CanReadSelf(source, copy)
            ? new Check("process_vm_readv", CheckVerdict.Ok, "works")
            : new Check(
                "process_vm_readv",
                CheckVerdict.Failed,
                "refused",
                "a container's seccomp profile forbids it: docker run --cap-add SYS_PTRACE, or a newer Docker (19.03)");
    }

    private static Check Inotify()
    {
        try
        {
            using var watcher = new CloseWatcher();
            return new Check("inotify", CheckVerdict.Ok, "an instance can be had");
        }
        catch (IOException e)
        {
            return new Check("inotify", CheckVerdict.Failed, e.Message, "sysctl fs.inotify.max_user_instances=1024");
        }
    }

    private static string WhySeccomp(Errno error) => error switch
    {
        Errno.EBUSY => "another program supervises us already by seccomp notify, and the kernel allows one (is this inside another "
            + "'viaduct run', or in a container whose runtime uses it?)",
        Errno.EINVAL or Errno.EOPNOTSUPP => "this kernel has no seccomp user notification as Linux 5.19 has it",
        Errno.ENOSYS or Errno.EPERM => "a sandbox around us (a container's seccomp profile) forbids seccomp(2)",
        _ => $"seccomp(2) answers {error}",
    };

    private static string FixSeccomp(Errno error) => error switch
    {
        Errno.EBUSY => "run it outside of the other supervisor",
        Errno.EINVAL or Errno.EOPNOTSUPP => "use Linux 5.19 or later, with CONFIG_SECCOMP_FILTER",
        _ => "docker run --security-opt seccomp=unconfined ..., or a profile that allows seccomp(2)",
    };

    private static string WhyPtrace() => File.Exists(YamaPath)
        ? $"tracing is restricted (Yama ptrace_scope is {File.ReadAllText(YamaPath).Trim()}), or a sandbox forbids ptrace(2)"
        : "a sandbox around us (a container's seccomp profile, or a security module) forbids ptrace(2)";

    private static string FixPtrace()
        => "sysctl kernel.yama.ptrace_scope=1 where it is 2 or 3; in a container: docker run --cap-add SYS_PTRACE "
            + "(Docker 19.03 and Linux 4.8 allow ptrace by default)";
}
