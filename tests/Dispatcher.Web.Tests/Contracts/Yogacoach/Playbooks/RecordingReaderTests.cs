using System.Text.Json;
using Yoga.Steps;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach.Playbooks;

/// <summary>From a job's keypoints to a recording.</summary>
public sealed class RecordingReaderTests
{
    /// <summary>A job that was not made by the contract has keypoints that nobody has checked.</summary>
    [Theory]
    [InlineData("""{"frames":[{"frame_id":0,"timestamp":0,"keypoints":{}}],"user_consent":true}""", 1, true)]
    [InlineData("""{"Frames":[{"frame_id":0,"timestamp":0,"keypoints":{}}],"User_Consent":true}""", 0, null)]
    [InlineData("""[{"frame_id":0,"timestamp":0,"keypoints":{}}]""", 1, null)]
    public void Names_AreExact(string keypoints, int frames, bool? consent)
    {
        var recording = RecordingReader.Read(JsonElement.Parse(keypoints));

        Assert.Equal((frames, consent), (recording.Frames.Count, recording.UserConsent));
    }
    [Fact]
    public void PreviousScores_ThatAreNull_AreNone() => Assert.Empty(RecordingReader.Read(JsonElement.Parse("""{"previous_scores":null}""")).PreviousScores);
}
