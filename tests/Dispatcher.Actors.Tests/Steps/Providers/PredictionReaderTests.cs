using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps;
using Dispatcher.Steps.Providers;
using Dispatcher.Steps.Providers.Http;

namespace Dispatcher.Actors.Tests.Steps.Providers;

public sealed class PredictionReaderTests
{
    [Theory]
    [InlineData("starting", PredictionStatus.Starting)]
    [InlineData("processing", PredictionStatus.Processing)]
    [InlineData("succeeded", PredictionStatus.Succeeded)]
    [InlineData("failed", PredictionStatus.Failed)]
    [InlineData("canceled", PredictionStatus.Canceled)]
    [InlineData("aborted", PredictionStatus.Canceled)]
    [InlineData("queued-in-a-new-way", PredictionStatus.Processing)]
    public void Read_KnowsTheStatuses(string word, PredictionStatus status) => Assert.Equal(status, Read($$"""{"id":"a","status":"{{word}}"}""").Status);

    [Fact]
    public void Read_TakesErrorCostAndWhetherItMayWorkAgain()
    {
        var read = Read("""{"id":"a","status":"failed","error":"full","retryable":true,"metrics":{"cost":0.4,"predict_time":3}}""");
        Assert.Equal(("full", true, 0.4m), (read.Error, read.MayWorkAgain, read.Cost));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":7,"status":"starting"}""")]
    [InlineData("""{"id":"","status":"starting"}""")]
    [InlineData("""{"id":"a"}""")]
    public void Read_RefusesWhatIsNoPrediction_AsSomethingThatMayPass(string json)
    {
        var failure = Assert.Throws<StepFailedException>(() => Read(json)).Failure;
        Assert.Equal((ErrorClass.Transient, ProviderFailure.BadReply), (failure.Class, failure.Code));
    }

    [Theory]
    [InlineData("\"https://a.test/x.mp4\"", "https://a.test/x.mp4")]
    [InlineData("[\"https://a.test/1.mp4\",\"https://a.test/2.mp4\"]", "https://a.test/1.mp4")]
    [InlineData("{\"video\":\"http://a.test/v.mp4\"}", "http://a.test/v.mp4")]
    [InlineData("[]", null)]
    [InlineData("{}", null)]
    [InlineData("7", null)]
    [InlineData("\"/etc/passwd\"", null)]
    [InlineData("\"file:///etc/passwd\"", null)]
    [InlineData("\"https://user:pw@a.test/\"", null)]
    [InlineData("[{\"video\":\"x\"}]", null)]
    public void OutputUrl_IsAString_OrTheFirstOfAList_OrAVideo(string output, string? url) => Assert.Equal(url, PredictionReader.OutputUrl(JsonElement.Parse(output))?.AbsoluteUri);

    private static Prediction Read(string json) => PredictionReader.Read(JsonElement.Parse(json));
}
