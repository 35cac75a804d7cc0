using System.Globalization;
using Dispatcher.Steps.Processes;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// The recogniser <c>pocketsphinx_continuous</c> with its US English model. Its dictionary holds <c>um</c>, <c>uh</c> and the other fillers as
/// words, so they are found as far as its language model believes in them.
/// </summary>
internal sealed class PocketSphinx(MediaTools tools)
{
    public const string Command = "pocketsphinx_continuous";

    /// <summary>Files of the model; the recogniser names the first one that it cannot open.</summary>
    private static readonly string[] ModelSigns = ["acoustic model", "mdef", "lm.bin", ".dict"];

    /// <summary>The words of a WAV file (16 kHz, mono, 16 bit), with times moved by the given seconds.</summary>
    /// <exception cref="StepFailedException"><c>TOOL_FAILED</c> or <c>TOOL_MISSING</c>.</exception>
    public async ValueTask<List<TranscriptWord>> Recognise(
        string wavPath, double offsetSeconds, Action<double> heardUntil, CancellationToken cancellation)
    {
        var words = new List<TranscriptWord>();
        void Read(string line)
        {
            if (ParseLine(line, offsetSeconds) is not { } token) return;
            if (IsWord(token.Text)) words.Add(token);
            heardUntil(token.End);
        }

        var request = new ProcessRequest(Command, ["-infile", wavPath, "-time", "yes"]) { OnOutputLine = Read };
        var outcome = await tools.Run(request, cancellation);
        if (outcome.ExitCode == 0) return words;
        var lacksModel = ModelSigns.Any(sign => outcome.Error.Contains(sign, StringComparison.OrdinalIgnoreCase));
        throw lacksModel
            ? MediaFailure.Permanent(
                MediaFailure.ToolMissing, "pocketsphinx has no English model on this node. On Debian: apt-get install pocketsphinx-en-us")
            : MediaTools.FailureOf(Command, "recognising the speech", outcome);
    }

    /// <summary>
    /// One line of the time listing: word, first second, last second, confidence. Null for any other line. A pronunciation's number is taken
    /// off: <c>the(2)</c> is <c>the</c>.
    /// </summary>
    internal static TranscriptWord? ParseLine(string line, double offsetSeconds)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 4 || !IsNumber(fields[1], out var start) || !IsNumber(fields[2], out var end)) return null;
        if (!IsNumber(fields[3], out var confidence) || end < start) return null;
        var text = fields[0];
        var variant = text.EndsWith(')') ? text.LastIndexOf('(') : -1;
        if (variant > 0) text = text[..variant];
        return new TranscriptWord(
            Math.Round(start + offsetSeconds, 3), Math.Round(end + offsetSeconds, 3), text, Math.Round(Math.Clamp(confidence, 0, 1), 3));
    }

    /// <summary>False for what stands for silence or noise: <c>&lt;s&gt;</c>, <c>&lt;sil&gt;</c>, <c>[SPEECH]</c>, <c>++NOISE++</c>.</summary>
    internal static bool IsWord(string text) => text.Length > 0 && text[0] is not ('<' or '[' or '+');

    private static bool IsNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
