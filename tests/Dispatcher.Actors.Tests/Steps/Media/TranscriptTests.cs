using Dispatcher.Steps;
using Dispatcher.Steps.Handlers.Media;

namespace Dispatcher.Actors.Tests.Steps.Media;

public sealed class TranscriptTests
{
    [Fact]
    public void FromWords_BeginsASegment_WhenThereIsAPause()
    {
        var transcript = Transcript.FromWords([new(0, 1, "a", 0.5), new(1.2, 2, "b", 1), new(2.5, 3, "c", 0.25)], "en", 500);

        Assert.Equal(["a b", "c"], transcript.Segments.Select(segment => segment.Text));
        Assert.Equal([0.75, 0.25], transcript.Segments.Select(segment => segment.Confidence!.Value));
        Assert.Equal(0.5, transcript.Confidence);
    }

    [Fact]
    public void Parse_ReadsWhatToJsonWrote()
    {
        var transcript = Transcript.FromWords([new(0, 1, "größe", 0.5)], "en", 500);

        var read = Transcript.Parse(transcript.ToJson(), "t");

        Assert.Equal("größe", read.Segments[0].Words!.Value[0].Text);
        Assert.Equal(transcript.ToJson(), read.ToJson());
    }

    [Fact]
    public void Confidence_IsOneMinusNoSpeech_WhenTheRecogniserGivesThat()
    {
        const string Json = """
            { "segments": [{ "start": 0, "end": 1, "text": "a", "no_speech_prob": 0.2 }, { "start": 1, "end": 2, "confidence": 1 }] }
            """;

        var transcript = Transcript.Parse(Json, "t");

        Assert.Equal(0.9, transcript.Confidence);
    }

    [Theory]
    [InlineData("{ not json", MediaFailure.TranscriptParse)]
    [InlineData("null", MediaFailure.TranscriptParse)]
    [InlineData("""{"segments":[{"id":1,"text":"no times"}]}""", MediaFailure.TranscriptParse)]
    [InlineData("""{"segments":[{"id":1,"start":5,"end":4,"text":"x"}]}""", MediaFailure.TranscriptInvalid)]
    [InlineData("""{"segments":[null]}""", MediaFailure.TranscriptInvalid)]
    [InlineData("""{"segments":[{"start":0,"end":1,"text":"x","words":[null]}]}""", MediaFailure.TranscriptInvalid)]
    [InlineData("""{"segments":[{"start":0,"end":1,"text":"x","words":[{"start":0,"end":1}]}]}""", MediaFailure.TranscriptParse)]
    [InlineData("""{"segments":[]}""", MediaFailure.TranscriptInvalid)]
    [InlineData("{}", MediaFailure.TranscriptInvalid)]
    public void Parse_RefusesATranscriptByCode_WhenItCannotBePlanned(string json, string code)
    {
        var fault = Assert.Throws<StepFailedException>(() => Transcript.Parse(json, "t").RequireSpeech("t"));

        Assert.Equal(code, fault.Failure.Code);
    }

    [Theory]
    [InlineData("hello 0.030 0.450 0.889662", "hello")]
    [InlineData("the(2) 1.600 1.800 0.047890", "the")]
    public void ParseLine_ReadsAWord_WhenTheLineIsOne(string line, string word)
    {
        var token = PocketSphinx.ParseLine(line, 10);

        Assert.Equal(word, token!.Text);
        Assert.InRange(token.Start, 10.03, 11.6);
    }

    [Theory]
    [InlineData("are you and will")]
    [InlineData("READY....")]
    [InlineData("")]
    public void ParseLine_IsNull_WhenTheLineIsNotOfTheTimeListing(string line) => Assert.Null(PocketSphinx.ParseLine(line, 0));

    [Theory]
    [InlineData("<s>", false)]
    [InlineData("<sil>", false)]
    [InlineData("[SPEECH]", false)]
    [InlineData("++NOISE++", false)]
    [InlineData("um", true)]
    public void IsWord_IsFalse_ForSilenceAndNoise(string text, bool expected) => Assert.Equal(expected, PocketSphinx.IsWord(text));

    [Fact]
    public void Chunks_EndInPauses_WhenThereAreSome()
    {
        var chunks = SpeechChunks.Of(200, 60, [new Silence(10, 11), new Silence(55, 57), new Silence(130, 131)]);

        Assert.Equal([56.9, 130.1, 200], chunks.Select(chunk => chunk.End));
        Assert.Equal([0, 56.9, 130.1], chunks.Select(chunk => chunk.Start));
    }

    [Fact]
    public void Chunks_EndAtTheWantedLength_WhenThereIsNoPause() =>
        Assert.Equal([60, 120, 200], SpeechChunks.Of(200, 60, []).Select(chunk => chunk.End));
}
