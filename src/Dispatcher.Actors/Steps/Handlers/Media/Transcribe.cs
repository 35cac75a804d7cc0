using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dispatcher.Jobs;

namespace Dispatcher.Steps.Handlers.Media;

/// <summary>
/// <c>media.transcribe</c>: recognises the words of a talk, with their times. A long talk is done in chunks; each finished chunk's words are
/// kept in <c>transcripts/chunks/</c> and counted in the checkpoint, so the next attempt goes on behind them. A silent talk gives an empty
/// transcript, not a fault: the planner is the one that cannot work with it.
/// </summary>
internal sealed class Transcribe(MediaTools tools) : MediaHandler("media.transcribe", Schema)
{
    public const string JsonPath = "transcripts/transcript.json";
    public const string SourceCaptionsPath = "transcripts/captions.source.srt";

    private const string Schema = """
        {
          "type": "object",
          "properties": {
            "audio": { "type": "string", "description": "Default: the WAV of media.extract-audio." },
            "chunk_seconds": { "type": ["number", "string"], "description": "Wanted length of a chunk, 10 to 600; default 60." }
          }
        }
        """;

    private const string Language = "en";

    /// <summary>A pause that ends a segment; also the shortest pause at which a long keep may be split later.</summary>
    private const long SegmentPauseMs = 500;

    protected override async ValueTask<StepResult> Work(StepContext context)
    {
        var with = new MediaWith(context);
        var audio = with.Text("audio", ExtractAudio.SpeechPath(context.JobId));
        var path = PathOf(context, audio);
        var probe = await MediaProbe.Of(tools, path, audio, context.Cancellation);
        if (probe.Audio is null)
        {
            throw MediaFailure.Invalid(MediaFailure.NoAudio, $"{audio} has no sound, so there is no speech to recognise.");
        }
        var words = await Recognise(context, path, probe.Duration, with.Number("chunk_seconds", 60, 10, 600));

        var transcript = Transcript.FromWords(words, Language, SegmentPauseMs);
        var json = await WriteText(context, JsonPath, "transcript", transcript.ToJson());
        var captions = await WriteText(context, SourceCaptionsPath, "captions", SubRip.Write(SubRip.CuesOf(transcript)));
        await Record(context, transcript, json, captions);
        var output = new
        {
            path = json.Path,
            captions = captions.Path,
            segments = transcript.Segments.Length,
            words = words.Length,
            confidence = transcript.Confidence,
            speech = words.Length > 0,
        };
        return Done(output, json, captions);
    }

    private async ValueTask<ImmutableArray<TranscriptWord>> Recognise(StepContext context, string path, double duration, double chunkSeconds)
    {
        var silences = duration > chunkSeconds * 1.5
            ? await new SilenceDetector(tools).Find(path, -40, 0.3, duration, context.Cancellation)
            : [];
        var chunks = SpeechChunks.Of(duration, chunkSeconds, silences);
        var source = string.Create(CultureInfo.InvariantCulture, $"{path}|{new FileInfo(path).Length}|{chunkSeconds}");
        var done = FinishedChunks(context, source, chunks);
        var words = ImmutableArray.CreateBuilder<TranscriptWord>();
        foreach (var chunk in chunks)
        {
            if (chunk.Index >= done)
            {
                var heard = await RecogniseChunk(context, path, chunk, duration);
                await WriteText(context, ChunkPath(chunk.Index), $"chunk-{chunk.Index}", JsonSerializer.Serialize(heard));
                await context.SaveCheckpoint(JsonSerializer.SerializeToElement(new Checkpoint(source, chunk.Index + 1)));
            }

            var kept = await File.ReadAllTextAsync(context.Artifacts.PathOf(ChunkPath(chunk.Index)), context.Cancellation);
            words.AddRange(JsonSerializer.Deserialize<List<TranscriptWord>>(kept)!);
            context.Progress(Math.Min(100, chunk.End / duration * 100), $"recognised {chunk.Index + 1} of {chunks.Length} chunks");
        }

        return words.ToImmutable();
    }

    private async ValueTask<List<TranscriptWord>> RecogniseChunk(StepContext context, string path, SpeechChunk chunk, double duration)
    {
        using var wav = context.Artifacts.CreateTemporary("transcripts/chunk.wav");
        string[] cut =
        [
            "-ss", MediaTools.Seconds(chunk.Start), .. MediaTools.Input(path), "-t", MediaTools.Seconds(chunk.Length),
            "-map", "0:a:0", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", "file:" + wav.Path,
        ];
        await tools.Ffmpeg(context, "cutting out a chunk of the sound", cut, durationSeconds: 0);
        void Report(double seconds) => context.Progress(Math.Clamp(seconds / duration * 100, 0, 99), "recognising the speech");
        return await new PocketSphinx(tools).Recognise(wav.Path, chunk.Start, Report, context.Cancellation);
    }

    /// <summary>How many chunks an earlier attempt finished; 0 when its checkpoint is of other sound or its files are gone.</summary>
    private static int FinishedChunks(StepContext context, string source, ImmutableArray<SpeechChunk> chunks)
    {
        if (context.Checkpoint is not { ValueKind: JsonValueKind.Object } saved) return 0;
        if (saved.Deserialize<Checkpoint>() is not { } checkpoint || checkpoint.Source != source || checkpoint.Done > chunks.Length) return 0;
        return chunks.Take(checkpoint.Done).TakeWhile(chunk => context.Artifacts.Exists(ChunkPath(chunk.Index))).Count();
    }

    private static string ChunkPath(int index) => string.Create(CultureInfo.InvariantCulture, $"transcripts/chunks/{index + 1:0000}.json");

    private static async ValueTask Record(StepContext context, Transcript transcript, ArtifactReference json, ArtifactReference captions)
    {
        var manifest = new ManifestFile(context.Artifacts);
        if (!manifest.Exists) return;
        await manifest.Update(context.Time, current =>
        {
            var now = ManifestFile.Now(context.Time);
            // The schema's `model` lists Whisper's models; ours is none of them, so the recogniser is named beside it.
            var entry = manifest.Entry(json, "jsonKey");
            entry["srtKey"] = manifest.KeyOf(captions.Path);
            entry["language"] = Language;
            entry["engine"] = "pocketsphinx";
            if (transcript.Confidence is { } confidence) entry["confidence"] = confidence;
            entry["transcribedAt"] = now;
            current["transcript"] = entry;

            var subtitles = manifest.Entry(captions);
            subtitles["type"] = "source";
            subtitles["format"] = "srt";
            subtitles["durationSec"] = transcript.Segments.Length > 0 ? transcript.Segments[^1].End : 0;
            subtitles["wordCount"] = transcript.Segments.Sum(segment => segment.Words?.Length ?? 0);
            subtitles["generatedAt"] = now;
            ManifestFile.Replace(current, "subtitles", subtitles);
        }, context.Cancellation);
    }

    private sealed record Checkpoint(string Source, int Done);
}
