//! Of a packet, who sends it to whom, and whether it begins or resets a connection.

use core::net::{IpAddr, SocketAddr};

use smoltcp::wire::{IpProtocol, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket};

use super::slot::Transport;

/// What of a packet says where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Of which protocol.
    pub(super) transport: Transport,
    /// Who sends it.
    pub(super) from: SocketAddr,
    /// To whom.
    pub(super) to: SocketAddr,
    /// Whether it asks for a new connection.
    pub(super) begins: bool,
    /// Whether it ends one.
    pub(super) resets: bool,
}

/// Reads what says where a packet goes; none where it is neither TCP nor UDP.
pub(super) fn head(packet: &[u8]) -> Option<Head> {
    let (protocol, from, to, payload): (_, IpAddr, IpAddr, _) = match packet.first()? >> 4 {
        4 => {
            let ip = Ipv4Packet::new_checked(packet).ok()?;
            (ip.next_header(), ip.src_addr().into(), ip.dst_addr().into(), ip.payload())
        }
        6 => {
            let ip = Ipv6Packet::new_checked(packet).ok()?;
            (ip.next_header(), ip.src_addr().into(), ip.dst_addr().into(), ip.payload())
        }
        _ => return None,
    };
    let head = |transport, ports: (u16, u16), begins, resets| {
        let (from, to) = (SocketAddr::new(from, ports.0), SocketAddr::new(to, ports.1));
        Some(Head { transport, from, to, begins, resets })
    };
    match protocol {
        IpProtocol::Tcp => {
            let tcp = TcpPacket::new_checked(payload).ok()?;
            let ports = (tcp.src_port(), tcp.dst_port());
            head(Transport::Stream, ports, tcp.syn() && !tcp.ack() && !tcp.rst(), tcp.rst())
        }
        IpProtocol::Udp => {
            let udp = UdpPacket::new_checked(payload).ok()?;
            head(Transport::Datagram, (udp.src_port(), udp.dst_port()), false, false)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn what_is_no_packet_goes_nowhere() {
        assert_eq!(head(&[]), None);
        assert_eq!(head(&[0x45, 0, 0, 1]), None);
        assert_eq!(head(&[0xff; 64]), None);
        for first in 0..=255 {
            for length in 0..80 {
                let mut packet = std::vec![6_u8; length];
                packet.iter_mut().take(1).for_each(|byte| *byte = first);
                let _ = head(&packet);
            }
        }
    }
}
