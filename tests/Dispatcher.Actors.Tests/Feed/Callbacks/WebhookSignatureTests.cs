using System.Text;
using Dispatcher.Feed.Callbacks;

namespace Dispatcher.Actors.Tests.Feed.Callbacks;

public sealed class WebhookSignatureTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly byte[] Key = Convert.FromBase64String(Secret["whsec_".Length..]);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");

    /// <summary>The vector that the libraries of Standard Webhooks share.</summary>
    [Fact]
    public void Header_IsTheOneOfTheStandard() => Assert.Equal(Expected, Header(Key));

    [Fact]
    public void Header_HasASignatureForEachSecret_WhileOneReplacesAnother()
    {
        var signatures = Header([9, 9, 9], Key).Split(' ');
        Assert.Equal((2, Expected), (signatures.Length, signatures[1]));
        Assert.NotEqual(signatures[0], signatures[1]);
    }

    [Fact]
    public void Text_IsTheSecretAsPeopleCopyIt() => Assert.Equal(Secret, WebhookSignature.TextOf(Key));

    private static string Header(params byte[][] secrets) =>
        WebhookSignature.HeaderOf(secrets.Select(secret => new ReadOnlyMemory<byte>(secret)), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Body);
}
