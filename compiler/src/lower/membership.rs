//! `enters` and `leaves`: who belongs to a segment now, and who did when it was recorded last.

use super::Lowering;
use super::build::Frame;
use super::value::Lowered;
use crate::typed::{DefinitionId, Expr, ExprKind};
use rulec_diagnostic::Place;
use rulec_plan::audience::{Aggregate, Comparison, Function, NodeId, Op, Scalar, Shape};
use rulec_plan::campaign::Membership;
use rulec_plan::project::{FactKind, Kept};

impl Lowering<'_> {
    /// `enters`: now and not before; `leaves`: before and not now. Unknown until the segment was recorded once.
    pub(super) fn moves(&mut self, enters: bool, of: DefinitionId, place: Place) -> Lowered {
        const FRAME: Frame = Frame::Customer;
        let Membership { now, before, .. } = self.membership(of, place);
        let (holds, lacks) = if enters { (now, before) } else { (before, now) };
        let not = self.build.node(FRAME, Op::Not(lacks), Shape::Bool);
        Lowered::Node(self.join(FRAME, vec![holds, not], Op::And))
    }

    fn membership(&mut self, of: DefinitionId, place: Place) -> Membership {
        let name = self.program.definition(of).name.clone();
        if let Some(known) = self.memberships.get(&name) {
            return known.clone();
        }
        let segment = Expr { kind: ExprKind::Definition(of), ty: crate::types::Type::Bool, place };
        let now = self.condition(Frame::Customer, &segment);
        let before = self.belonged(&name);
        let membership = Membership { segment: name.clone(), now, before };
        self.memberships.insert(name, membership.clone());
        membership
    }

    /// Whether the customer was recorded as a member: missing for all as long as nobody was looked at.
    fn belonged(&mut self, segment: &str) -> NodeId {
        const FRAME: Frame = Frame::Customer;
        let stream = self.build.kept_stream(Kept::Members);
        let column = self.kept_column(stream, "segment", FactKind::Text);
        let filter = Some(self.one_of(Frame::Row(stream), column, vec![segment.to_owned()]));
        let (scan, stream) = (stream.scan, stream.stream);
        let function = Function::Exists;
        let member = Aggregate { scan, stream, function, from: None, until: None, filter, stage: 0 };
        let member = self.build.aggregate(member, Shape::Bool);
        let key = self.build.constant(FRAME, Scalar::Text(segment.to_owned()));
        let recorded = self.build.recorded(key);
        self.build.node(FRAME, Op::Compare(Comparison::Equal, member, recorded), Shape::Bool)
    }
}
