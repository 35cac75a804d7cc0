using System.Security.Cryptography;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.extract-audio</c>: takes the sound out of a recorded talk, as an MP3 for people and as a WAV (16 kHz, mono) for the recogniser, and
/// begins the job's manifest. Both start at the video's own zero, with silence put in where its sound starts late or has holes.
/// </summary>
internal sealed class ExtractAudio(MediaTools tools) : MediaHandler("media.extract-audio", Schema)
{
    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "input": { "type": "string", "description": "The talk: an absolute path, or one below the job's folder. Default: the source that the manifest names." },
            "sample_rate": { "type": ["number", "string"], "description": "Of the MP3, in Hz; the nearest allowed one is taken." }
          }
        }
        """;

    private const int BitrateKbps = 192;
    private static readonly int[] SampleRates = [16000, 22050, 44100, 48000];

    /// <summary>Where the recogniser's sound is, relative to the job's folder.</summary>
    public static string SpeechPath(JobId job) => $"audio/{job}.16k.wav";

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var manifest = new ManifestFile(context.Artifacts);
        await manifest.Create(context);
        var with = new MediaWith(context);
        var input = await manifest.SourceOr(with.Value("input") is null ? null : with.Text("input"), context.Cancellation)
            ?? throw with.Refused("input", "is missing, and the manifest names no source either; give the path of the talk");
        var sampleRate = SampleRates.MinBy(rate => Math.Abs(rate - with.Number("sample_rate", 44100, 1, 1_000_000)));
        var path = PathOf(context, input);
        var probe = await MediaProbe.Of(tools, path, input, context.Cancellation);
        Require(probe, input);
        await RecordInput(manifest, context, input, path);

        var (mp3, wav) = await Extract(context, path, sampleRate, probe.Duration);
        await manifest.Update(context.Time, current =>
        {
            var audio = manifest.Entry(mp3);
            audio["codec"] = "mp3";
            audio["durationSec"] = Math.Round(probe.Duration, 3);
            audio["bitrateKbps"] = BitrateKbps;
            audio["sampleRate"] = sampleRate;
            audio["extractedAt"] = ManifestFile.Now(context.Time);
            audio["speech"] = manifest.Entry(wav);
            current["audio"] = audio;
        }, context.Cancellation);
        var durationSec = Math.Round(probe.Duration, 3);
        return Done(new { path = mp3.Path, key = manifest.KeyOf(mp3.Path), speech = wav.Path, durationSec, sampleRate }, mp3, wav);
    }

    private static void Require(MediaProbe probe, string input)
    {
        if (probe.Video is null)
        {
            throw MediaFailure.Invalid(
                MediaFailure.CodecUnsupported,
                $"{input} is not a video: it has no moving picture. Give the recording of the talk as .mp4, .mov, .mkv or .webm.");
        }

        if (probe.Audio is null)
        {
            throw MediaFailure.Invalid(
                MediaFailure.NoAudio,
                $"{input} is a video without sound, so there is no speech to work on. Record it again with the microphone on.");
        }

        foreach (var (kind, stream) in new[] { ("picture", probe.Video), ("sound", probe.Audio) })
        {
            if (stream.Codec is not (null or "none" or "unknown")) continue;
            throw MediaFailure.Invalid(
                MediaFailure.CodecUnsupported,
                $"ffmpeg does not know the format of the {kind} in {input}. Convert it to H.264 and AAC in .mp4 first.");
        }
    }

    private static async ValueTask RecordInput(ManifestFile manifest, StepContext context, string input, string path)
    {
        string checksum;
        await using (var stream = File.OpenRead(path))
        {
            checksum = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, context.Cancellation));
        }

        var bytes = new FileInfo(path).Length;
        await manifest.Update(context.Time, current =>
        {
            var sourceKey = input.StartsWith('/') ? input : manifest.KeyOf(input);
            var entry = ManifestFile.ObjectOf(current, "input");
            entry["sourceKey"] = sourceKey;
            entry["originalFilename"] ??= Path.GetFileName(path);
            entry["bytes"] = bytes;
            entry["mimeType"] ??= MimeTypeOf(path);
            entry["checksum"] = checksum;
            current["sourceVideoKey"] = sourceKey;
            ManifestFile.ObjectOf(current, "metadata")["startedAt"] ??= ManifestFile.Now(context.Time);
        }, context.Cancellation);
    }

    private async ValueTask<(ArtifactReference Mp3, ArtifactReference Wav)> Extract(
        StepContext context, string path, int sampleRate, double duration)
    {
        using var mp3 = context.Artifacts.CreateTemporary($"audio/{context.JobId}.mp3");
        using var wav = context.Artifacts.CreateTemporary(SpeechPath(context.JobId));
        string[] sound = ["-map", "0:a:0", "-vn", "-map_metadata", "-1", "-fflags", "+bitexact", "-af", "aresample=async=1:first_pts=0"];
        string[] arguments =
        [
            .. MediaTools.Input(path),
            .. sound, "-ar", $"{sampleRate}", "-c:a", "libmp3lame", "-b:a", $"{BitrateKbps}k", "file:" + mp3.Path,
            .. sound, "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "file:" + wav.Path,
        ];
        await tools.Ffmpeg(context, "extracting the sound", arguments, duration);
        var audio = await context.Artifacts.Commit(mp3, "audio", context.Cancellation);
        return (audio, await context.Artifacts.Commit(wav, "speech", context.Cancellation));
    }

    private static string MimeTypeOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".mov" => "video/quicktime",
        ".mkv" => "video/x-matroska",
        ".webm" => "video/webm",
        ".avi" => "video/x-msvideo",
        _ => "video/mp4",
    };
}
