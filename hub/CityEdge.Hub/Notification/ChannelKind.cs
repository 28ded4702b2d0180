namespace CityEdge.Hub.Notification;

/// <summary>How a channel speaks. Lower-kebab in JSON and configuration.</summary>
public enum ChannelKind : byte
{
    /// <summary>JSON by POST, signed as Standard Webhooks 1.0.0 says.</summary>
    Webhook,

    /// <summary>A group robot of WeCom (企业微信).</summary>
    Wecom,

    /// <summary>A group robot of DingTalk (钉钉).</summary>
    Dingtalk,

    /// <summary>A group robot of Feishu (飞书).</summary>
    Feishu,

    /// <summary>Mail over SMTP (RFC 5321).</summary>
    Smtp,
}
