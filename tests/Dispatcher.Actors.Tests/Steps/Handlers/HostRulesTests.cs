using System.Net;
using Dispatcher.Steps.Handlers.Http;

namespace Dispatcher.Actors.Tests.Steps.Handlers;

public sealed class HostRulesTests
{
    [Theory]
    [InlineData("example.org", "https://example.org/", true)]
    [InlineData("example.org", "http://EXAMPLE.org./", true)]
    [InlineData("Example.ORG", "http://example.org/", true)]
    [InlineData("example.org", "https://example.org:8443/", false)]
    [InlineData("example.org", "https://www.example.org/", false)]
    [InlineData("example.org", "https://example.org.evil.net/", false)]
    [InlineData("example.org:8443", "https://example.org:8443/", true)]
    [InlineData("example.org:8443", "https://example.org/", false)]
    [InlineData("*.example.org", "https://a.b.example.org/", true)]
    [InlineData("*.example.org", "https://example.org/", false)]
    [InlineData("*.example.org", "https://evilexample.org/", false)]
    [InlineData("*.example.org:81", "http://a.example.org:81/", true)]
    [InlineData("münchen.example", "https://xn--mnchen-3ya.example/", true)]
    [InlineData("[2001:db8::1]:81", "http://[2001:DB8:0::1]:81/", true)]
    [InlineData("127.0.0.1", "http://2130706433/", true)]
    public void AllowList_Decides_WhenAsked(string entry, string url, bool expected) => Assert.Equal(expected, new HostAllowList([entry]).Allows(new Uri(url)));

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("*.")]
    [InlineData("a.*.org")]
    [InlineData("https://example.org")]
    [InlineData("example.org/path")]
    [InlineData("user@example.org")]
    [InlineData("example.org:0")]
    [InlineData("example.org:http")]
    [InlineData("example.org:70000")]
    [InlineData("*.0.0.1")]
    public void AllowList_NamesTheEntry_WhenItIsNoHost(string entry)
    {
        var thrown = Assert.Throws<ArgumentException>(() => new HostAllowList([entry]));

        Assert.Contains($"'{entry}'", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("127.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.168.0.1")]
    [InlineData("198.19.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::10.0.0.1")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::")]
    public void PublicAddress_IsFalse_WhenTheRangeIsSpecial(string address) => Assert.False(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void PublicAddress_IsTrue_WhenTheAddressIsPublic(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));
}
