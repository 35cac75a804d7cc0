using System.Globalization;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>Runs a command of the allow-list; <see cref="ProcessRunner.Run"/> as the media handlers see it.</summary>
public delegate ValueTask<ProcessOutcome> RunProcess(ProcessRequest request, CancellationToken cancellation);

/// <summary>
/// Runs ffmpeg and ffprobe and turns their ways of failing into failures with a code. Input files are opened as plain files of known containers
/// only: a playlist or a network address inside a given file is not followed.
/// </summary>
internal sealed class MediaTools(RunProcess run)
{
    private const string Containers =
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,mp3,flac,aac";

    private static readonly string[] UnreadableSigns =
        ["Invalid data found", "could not find codec parameters", "Decoder (codec", "not on whitelist"];

    /// <summary>The arguments that open an untrusted file as input.</summary>
    public static IEnumerable<string> Input(string path) =>
        ["-protocol_whitelist", "file", "-format_whitelist", Containers, "-i", "file:" + path];

    public ValueTask<ProcessOutcome> Run(ProcessRequest request, CancellationToken cancellation) => run(request, cancellation);

    /// <summary>Runs ffmpeg and reports its progress as the step's.</summary>
    /// <param name="context">The attempt whose progress it is and whose end stops it.</param>
    /// <param name="what">What it is doing, for progress and errors: <c>joining the segments</c>.</param>
    /// <param name="arguments">Inputs, filters and outputs.</param>
    /// <param name="durationSeconds">Length of the output; 0 reports no progress.</param>
    /// <param name="workingDirectory">Where relative names in filters are looked up.</param>
    /// <exception cref="StepFailedException"><c>DISK_FULL</c>, <c>CODEC_UNSUPPORTED</c>, <c>TOOL_MISSING</c> or <c>TOOL_FAILED</c>.</exception>
    public async ValueTask Ffmpeg(
        StepContext context, string what, IEnumerable<string> arguments, double durationSeconds, string? workingDirectory = null)
    {
        var request = new ProcessRequest("ffmpeg", [.. CommonArguments, .. arguments])
        {
            WorkingDirectory = workingDirectory,
            OnOutputLine = line => Report(line, durationSeconds, percent => context.Progress(percent, what)),
        };
        var outcome = await run(request, context.Cancellation);
        if (outcome.ExitCode != 0) throw FailureOf("ffmpeg", what, outcome);
    }

    /// <summary>What kind of failure a command's exit means.</summary>
    public static StepFailedException FailureOf(string command, string what, ProcessOutcome outcome)
    {
        var words = LastLines(outcome.Error);
        if (Says(outcome, "No space left on device") || Says(outcome, "Disk quota exceeded"))
        {
            return MediaFailure.Transient(
                MediaFailure.DiskFull,
                $"{command} ran out of disk space while {what}. Free some space; the step is tried again. It said: {words}");
        }

        if (Says(outcome, "Unknown encoder") || Says(outcome, "No such filter"))
        {
            return MediaFailure.Permanent(
                MediaFailure.ToolMissing,
                $"This {command} lacks a part that is needed for {what}. Install the full package (on Debian: apt-get install ffmpeg). " +
                $"It said: {words}");
        }

        if (UnreadableSigns.Any(sign => Says(outcome, sign)))
        {
            return MediaFailure.Invalid(
                MediaFailure.CodecUnsupported,
                $"{command} cannot read the data while {what}. Give a whole file in a common format, such as H.264 and AAC in .mp4. " +
                $"It said: {words}");
        }

        return MediaFailure.Transient(
            MediaFailure.ToolFailed, $"{command} ended with exit code {outcome.ExitCode} while {what}. It said: {words}");
    }

    /// <summary>Seconds as ffmpeg reads them, exact to the microsecond.</summary>
    public static string Seconds(double seconds) => seconds.ToString("0.######", CultureInfo.InvariantCulture);

    private static IEnumerable<string> CommonArguments =>
        ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-y", "-progress", "pipe:1"];

    private static bool Says(ProcessOutcome outcome, string words) => outcome.Error.Contains(words, StringComparison.OrdinalIgnoreCase);

    private static string LastLines(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "(nothing)" : string.Join(" | ", lines.TakeLast(5));
    }

    private static void Report(string line, double durationSeconds, Action<double> progress)
    {
        const string Key = "out_time_us=";
        if (durationSeconds <= 0 || !line.StartsWith(Key, StringComparison.Ordinal)) return;
        if (long.TryParse(line.AsSpan(Key.Length), CultureInfo.InvariantCulture, out var microseconds))
        {
            progress(Math.Clamp(microseconds / 1e6 / durationSeconds * 100, 0, 100));
        }
    }
}
