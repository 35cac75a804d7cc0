using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>A quiet stretch; times in seconds.</summary>
internal readonly record struct Silence(double Start, double End);

/// <summary>Finds quiet stretches with ffmpeg's filter <c>silencedetect</c>.</summary>
internal sealed partial class SilenceDetector(MediaTools tools)
{
    /// <summary>The stretches of at least that length in which the sound stays under the level.</summary>
    /// <param name="path">The absolute path of a file with sound.</param>
    /// <param name="noiseDecibel">The level, below 0 (full scale).</param>
    public async ValueTask<ImmutableArray<Silence>> Find(
        string path, double noiseDecibel, double minimumSeconds, double duration, CancellationToken cancellation)
    {
        var silences = ImmutableArray.CreateBuilder<Silence>();
        double? start = null;
        void Read(string line)
        {
            if (StartPattern().Match(line) is { Success: true } begins)
            {
                start = Math.Max(0, Number(begins));
            }
            else if (start is { } from && EndPattern().Match(line) is { Success: true } ends)
            {
                silences.Add(new Silence(from, Number(ends)));
                start = null;
            }
        }

        var filter = string.Create(CultureInfo.InvariantCulture, $"silencedetect=noise={noiseDecibel}dB:d={minimumSeconds}");
        string[] arguments =
            ["-nostdin", "-hide_banner", "-nostats", .. MediaTools.Input(path), "-map", "0:a:0", "-vn", "-af", filter, "-f", "null", "-"];
        var outcome = await tools.Run(new ProcessRequest("ffmpeg", arguments) { OnErrorLine = Read }, cancellation);
        if (outcome.ExitCode != 0) throw MediaTools.FailureOf("ffmpeg", "looking for silence", outcome);
        if (start is { } open && duration > open) silences.Add(new Silence(open, duration));
        return silences.ToImmutable();
    }

    private static double Number(Match match) =>
        double.Parse(match.Groups["time"].ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"silence_start: (?<time>-?[0-9.e+-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartPattern();

    [GeneratedRegex(@"silence_end: (?<time>[0-9.e+-]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndPattern();
}
