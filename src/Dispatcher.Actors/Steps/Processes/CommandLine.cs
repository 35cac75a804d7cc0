using System.Collections;
using System.Collections.Frozen;
using System.Diagnostics;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Processes;

/// <summary>
/// Turns a request into what the system starts: the allow-list, the search on PATH, the environment, and the two wrappers of util-linux. <c>setsid</c>
/// gives the command a session and a process group of its own (its id is the process's own id, as setsid forks only when it already leads a group);
/// <c>setpriv --pdeathsig</c> makes the kernel end it when Dispatcher is killed. Both replace themselves by the command, so no process is added.
/// </summary>
internal static class CommandLine
{
    private const string Setting = "dispatcher.process.allowed-commands";

    private static readonly FrozenSet<string> Inherited =
        new[] { "PATH", "HOME", "LANG", "TMPDIR", "TZ" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> DebianPackages = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ffmpeg"] = "ffmpeg",
        ["ffprobe"] = "ffmpeg",
        ["espeak-ng"] = "espeak-ng",
        ["pocketsphinx_continuous"] = "pocketsphinx",
        ["setsid"] = "util-linux",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="StepFailedException">The command is not allowed or not installed, or an argument cannot be passed.</exception>
    public static ProcessStartInfo Prepare(ProcessRequest request, ProcessOptions options)
    {
        RefuseUnlessAllowed(request.Command, options);
        RefuseNulCharacters(request);
        var startInfo = new ProcessStartInfo(Find("setsid") ?? throw NotFound("setsid"))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = request.WorkingDirectory ?? "",
        };
        if (Find("setpriv") is { } setpriv)
        {
            startInfo.ArgumentList.Add(setpriv);
            startInfo.ArgumentList.Add("--pdeathsig");
            startInfo.ArgumentList.Add("KILL");
        }

        startInfo.ArgumentList.Add(Find(request.Command) ?? throw NotFound(request.Command));
        foreach (var argument in request.Arguments) startInfo.ArgumentList.Add(argument);
        SetEnvironment(startInfo.Environment, request.Environment);
        return startInfo;
    }

    private static void RefuseUnlessAllowed(string command, ProcessOptions options)
    {
        var isNameOrFullPath = !command.Contains('/', StringComparison.Ordinal) || command.StartsWith('/');
        if (isNameOrFullPath && options.AllowedCommands.Contains(command)) return;
        var allowed = options.AllowedCommands.IsEmpty ? "none is" : string.Join(", ", options.AllowedCommands.Order(StringComparer.Ordinal));
        throw new StepFailedException(
            ErrorClass.InvalidInput,
            $"the command '{command}' is not allowed on this node; {Setting} lists those that are ({allowed})",
            "COMMAND_NOT_ALLOWED");
    }

    /// <summary>The system ends a string at the first NUL, so the command would see something else than what was asked for.</summary>
    private static void RefuseNulCharacters(ProcessRequest request)
    {
        if (request.Arguments.Any(HasNul) || request.Environment.Any(variable => HasNul(variable.Key) || HasNul(variable.Value)))
        {
            throw new StepFailedException(
                ErrorClass.InvalidInput, $"an argument or variable of '{request.Command}' holds a NUL character", "INVALID_ARGUMENT");
        }

        static bool HasNul(string text) => text.Contains('\0', StringComparison.Ordinal);
    }

    /// <summary>Looks on Dispatcher's own PATH, never on the request's; relative entries would depend on the working directory and are skipped.</summary>
    private static string? Find(string command)
    {
        if (command.StartsWith('/')) return IsExecutable(command) ? command : null;
        return (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin")
            .Split(':')
            .Where(folder => folder.StartsWith('/'))
            .Select(folder => Path.Combine(folder, command))
            .FirstOrDefault(IsExecutable);
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None);
    }

    private static StepFailedException NotFound(string command)
    {
        var hint = DebianPackages.TryGetValue(command, out var package) ? $"; on Debian: apt-get install {package}" : "";
        return new StepFailedException(ErrorClass.Permanent, $"the command '{command}' is not installed on this node{hint}", "COMMAND_NOT_FOUND");
    }

    private static void SetEnvironment(IDictionary<string, string?> environment, IReadOnlyDictionary<string, string> given)
    {
        environment.Clear();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (Inherited.Contains(name) || name.StartsWith("LC_", StringComparison.Ordinal)) environment[name] = (string?)variable.Value;
        }

        foreach (var (name, value) in given) environment[name] = value;
    }
}
