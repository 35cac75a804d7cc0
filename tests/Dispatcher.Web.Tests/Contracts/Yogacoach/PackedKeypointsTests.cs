using System.Buffers;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Functions;
using Dispatcher.Web.Contracts.Yogacoach;
using Yoga.Recordings;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>Keypoints in a job's input: packed, and the same again.</summary>
public sealed class PackedKeypointsTests
{
    private static readonly JsonElement Good = Json(Recorder.Record(Scenes.All["good"], 7));

    [Fact]
    public void ARecording_ComesBackUnchanged_FromColumns()
    {
        var packed = Pack(Good);

        Assert.Equal("columns", packed.GetProperty("packed").GetString());
        Assert.True(JsonElement.DeepEquals(Good, PackedKeypoints.Unpack(packed)));
        Assert.True(packed.GetRawText().Length * 6 < Good.GetRawText().Length, "It has become much smaller.");
    }

    [Fact]
    public void AListOfFrames_ComesBackAsAList()
    {
        var frames = Good.GetProperty("frames");

        Assert.True(JsonElement.DeepEquals(frames, PackedKeypoints.Unpack(Pack(frames))));
    }

    /// <summary>The contract's longest clip: a minute, here at 30 frames a second with 17 joints.</summary>
    [Fact]
    public void AMinute_FitsIntoAJob()
    {
        var minute = Json(Recorder.Record(new Scene { Takes = [new Take(Posture.Warrior2, 28), new Take(Posture.Tree, 29)] }, 3));

        Assert.Equal(1800, minute.GetProperty("frames").GetArrayLength());
        Assert.InRange(Pack(minute).GetRawText().Length, 1, JobLimits.PayloadBytes - 8 * 1024);
    }

    [Theory]
    [InlineData("{\"frame_id\":9,\"timestamp\":99,\"keypoints\":{}}")]
    [InlineData("{\"timestamp\":99,\"frame_id\":9,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":1}}}")]
    [InlineData("{\"frame_id\":9,\"timestamp\":99,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":1,\"z\":3}}}")]
    [InlineData("{\"frame_id\":9,\"timestamp\":99,\"keypoints\":{\"nose\":{\"x\":1,\"y\":2,\"confidence\":1}},\"note\":\"x\"}")]
    public void FramesThatAreNotAlike_ComeBackUnchangedToo(string last)
    {
        var text = $"{{\"frames\":[{string.Join(',', Enumerable.Range(0, 500).Select(i => $"{{\"frame_id\":{i},\"timestamp\":{i},\"keypoints\":{{\"nose\":{{\"x\":1.50,\"y\":2,\"confidence\":1}}}}}}"))},{last}]}}";
        var keypoints = JsonElement.Parse(text);

        var packed = Pack(keypoints);

        Assert.Equal("gzip", packed.GetProperty("packed").GetString());
        Assert.Equal(text, PackedKeypoints.Unpack(packed).GetRawText());
    }

    [Fact]
    public void ASmallRecording_StaysReadable()
    {
        var small = JsonElement.Parse("""{"user_consent":true}""");

        Assert.Equal(small.GetRawText(), Pack(small).GetRawText());
        Assert.Equal(small.GetRawText(), PackedKeypoints.Unpack(small).GetRawText());
    }

    [Theory]
    [InlineData("""{"packed":"gzip","data":"?"}""", typeof(FormatException))]
    [InlineData("""{"packed":"gzip","data":"AAAA"}""", typeof(InvalidDataException))]
    public void Nonsense_IsToldAsSuch(string packed, Type fault) => Assert.Throws(fault, () => PackedKeypoints.Unpack(JsonElement.Parse(packed)));

    /// <summary>A name that stands once in the table stands in each frame of the recording.</summary>
    [Fact]
    public void ATable_ThatGrowsAboveTheLimit_IsRefused()
    {
        var numbers = $"[{string.Join(',', Enumerable.Repeat("1", 64))}]";
        var table = $$"""{"joints":["{{new string('x', 1024 * 1024)}}"],"columns":[{{string.Join(',', Enumerable.Repeat(numbers, 5))}}]}""";

        Assert.True(table.Length < PackedKeypoints.UnpackedLimitBytes / 16, "The table itself is small.");
        var fault = Assert.Throws<InvalidDataException>(() => PackedKeypoints.Unpack(Table(table)));
        Assert.Contains("unpack to more than", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"joints":["nose"],"columns":[[1],[1],[1],[1],[1]]}""", true)]
    [InlineData("""{"joints":["nose"],"columns":[[1,2],[1,2],[1,2],[1,2],[1]]}""", false)]
    [InlineData("""{"joints":["nose"],"columns":[[1],[1],[1],[1]]}""", false)]
    [InlineData("""{"joints":["nose"],"columns":[[1],[1],[1],[1],[1],[1]]}""", false)]
    [InlineData("""{"joints":[null],"columns":[[1],[1],[1],[1],[1]]}""", false)]
    [InlineData("""{"joints":["nose"],"columns":[1,[1],[1],[1],[1]]}""", false)]
    [InlineData("""{"joints":["nose"]}""", false)]
    [InlineData("""[]""", false)]
    public void ATable_IsOneOrNone(string table, bool isOne)
    {
        if (isOne) Assert.Equal(1, PackedKeypoints.Unpack(Table(table)).GetArrayLength());
        else Assert.ThrowsAny<JsonException>(() => PackedKeypoints.Unpack(Table(table)));
    }

    private static JsonElement Table(string json)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(json));
        return JsonElement.Parse($$"""{"packed":"columns","bytes":1,"data":"{{Convert.ToBase64String(packed.ToArray())}}"}""");
    }

    private static JsonElement Json<T>(T value) => JsonSerializer.SerializeToElement(value, StepJson.Options);

    private static JsonElement Pack(JsonElement keypoints)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer)) PackedKeypoints.Write(keypoints, writer);
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
